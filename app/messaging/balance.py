"""The books of a set of messages: every candidate is in exactly one place."""
from sqlalchemy import func, select

from app.spine.db import db

from .models import STATES, Message


def balance(query=None) -> dict[str, int]:
    """Messages by state, with `candidates` (all of them) and `finished` (nothing waits). `query` selects Messages.

    candidates = the sum over all states; raises AssertionError when a row is in a state nobody knows.
    """
    base = (select(Message) if query is None else query).subquery()
    counted = dict(db.session.execute(select(base.c.state, func.count()).group_by(base.c.state)).tuples().all())
    total = db.session.scalar(select(func.count()).select_from(base))
    books = {state: counted.get(state, 0) for state in STATES}
    if sum(books.values()) != total:
        raise AssertionError(f"{total} messages, {sum(books.values())} accounted for: {sorted(counted)}")
    waiting = sum(books[state] for state in ("draft", "queued", "held", "claimed", "attempting"))
    return {**books, "candidates": total, "finished": waiting == 0}
