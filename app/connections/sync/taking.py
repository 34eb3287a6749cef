"""A page of facts, taken in: what each object became, and which fields were not as the source says."""
from collections import Counter

from sqlalchemy.exc import DBAPIError

from app.kit.redact import mask
from app.spine.db import db
from app.spine.facts import Held, absorb, became, held
from app.spine.holding import holding
from app.spine.prepared import plan_anew
from app.spine.sources import Item

from .models import Discrepancy, Sync

MOST_WORDS = 200


def take(items: list[Item], sync: Sync) -> None:
    """Absorb a page inside the caller's transaction and count it; raises when one of its objects cannot be taken."""
    plan_anew()
    source, facts = sync.connection.source, [fact for item in items for fact in item.facts]
    with holding():
        before = held(facts, source)
        said = [absorb(fact, source) for fact in facts]
        db.session.flush()
        after = held(facts, source)
    counts, place = Counter(seen=len(items)), 0
    for item in items:
        here = slice(place, place + len(item.facts))
        place += len(item.facts)
        if item.error:
            counts["failed"] += 1
            sync.count(note=mask(item.error)[:MOST_WORDS])
        elif item.facts:
            counts[became(said[here], before[here], after[here])] += 1
        else:
            counts["unchanged"] += 1
    sync.count(**counts)
    note(sync, before, after)


def take_apart(items: list[Item], sync: Sync) -> None:
    """The same one by one, so that an object which cannot be taken stays out alone."""
    for item in items:
        try:
            with db.session.begin_nested():
                take([item], sync)
        except (ValueError, DBAPIError, LookupError, TypeError, ArithmeticError) as error:
            db.session.expire_all()
            sync.count(seen=1, failed=1, note=mask(f"{type(error).__name__}: {error}")[:MOST_WORDS])


def note(sync: Sync, before: list[Held | None], after: list[Held | None]) -> None:
    """List what differed; in the first reading everything is new, and nothing of it was wrong."""
    if sync.kind == "first":
        return
    seen = set()
    for was, now in zip(before, after, strict=True):
        if now is None or now.subject in seen:
            continue
        seen.add(now.subject)
        found = [("", None, "added")] if was is None else now.changes(was)
        for field, old, value in found:
            db.session.add(Discrepancy(
                sync_id=sync.id, connection_id=sync.connection_id, person_id=now.person_id, noun=now.noun,
                subject=now.subject, field=field, was=old, became=value))
