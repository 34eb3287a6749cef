"""What segments hear: whatever happens to somebody may take them into a watched segment, or out of it."""
from datetime import timedelta

from sqlalchemy import select

from app.kit.clock import now
from app.spine.db import current_account_id, db
from app.spine.events import hears, hears_many
from app.spine.holding import ANSWERS, FLEETING

from .jobs import look
from .kinds import ENTERED, LEFT
from .models import Segment

SOON = timedelta(seconds=3)              # many events, one look
FLEETING.add("watched")
ANSWERS.add("watched")


@hears("*")
def look_soon(event) -> None:
    """One look for all that happens in the next seconds; nothing where no segment is watched."""
    if event.person_id is not None:
        look_after(event.kind)


@hears_many
def look_after(kind: str) -> bool:
    """The same for many at once."""
    if kind not in (ENTERED, LEFT) and watched():
        account_id = current_account_id()
        look.later(account_id, key=f"segments:{account_id}", at=now() + SOON)
    return False


def watched() -> bool:
    """Whether the account being served watches any segment; asked once a transaction."""
    held, account_id = db.session.info.setdefault("watched", {}), current_account_id()
    if account_id not in held:
        held[account_id] = db.session.scalar(
            select(Segment.id).where(Segment.watched_at.is_not(None)).limit(1)) is not None
    return held[account_id]
