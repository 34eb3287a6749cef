"""What segments do by the clock: look who came and went, and note how large each is at the end of a day."""
from sqlalchemy import delete, select

from app.accounts import current_account
from app.kit.clock import now
from app.spine.conditions import BadCondition
from app.spine.db import db, only_reading, upsert
from app.spine.jobs import give_way, job, schedule

from .models import Segment, SegmentMove, SegmentSize
from .sizes import sizes_of
from .watching import KEPT, differences
from .watching import look as look_at


@job
def look(account_id: int) -> None:
    """Bring the watched segments of an account up to date, one transaction each."""
    ids = db.session.scalars(select(Segment.id).where(Segment.watched_at.is_not(None)).order_by(Segment.id)).all()
    db.session.rollback()
    for segment_id in ids:
        give_way()
        only_reading()                   # mostly nobody came or went: nobody who writes has to wait for that answer
        if _news(segment_id):
            db.session.rollback()
            look_at(db.session.get(Segment, segment_id))
            db.session.commit()
        else:
            db.session.rollback()


def _news(segment_id: int) -> bool:
    """Whether somebody came or went; not when the segment is gone, or asks for something that is."""
    segment = db.session.get(Segment, segment_id)
    try:
        return segment is not None and segment.watched_at is not None and any(differences(segment))
    except BadCondition:                 # the screen says so
        return False


@schedule("*/10 * * * *")
def look_by_the_clock() -> None:
    """Growing older makes no event: whoever was active 30 days ago leaves by himself."""
    for account_id in db.session.scalars(select(Segment.account_id).where(Segment.watched_at.is_not(None)).distinct()):
        look.later(account_id, account=account_id, key=f"segments:{account_id}")


@schedule("40 * * * *")
def measure_all() -> None:
    """Every hour, so that each account's own midnight is near."""
    for account_id in db.session.scalars(select(Segment.account_id).distinct()):
        measure.later(account_id, account=account_id, key=f"segment sizes:{account_id}")


@job
def measure(account_id: int) -> None:
    """Note how many are in each segment today; the last word of a day stays. Old moves go."""
    day = now().astimezone(current_account().zone).date()
    only_reading()
    sizes = {segment.id: people for segment, people, _ in sizes_of(db.session.scalars(select(Segment)).all())}
    db.session.rollback()
    for segment_id, people in sizes.items():
        if people is not None:
            upsert(SegmentSize, ("account_id", "segment_id", "day"),
                   {"segment_id": segment_id, "day": day, "people": people}, ("people",))
    db.session.execute(delete(SegmentMove).where(SegmentMove.at < now() - KEPT))
