"""What segments do by the clock: look who came and went, and note how large each is at the end of a day."""
from sqlalchemy import delete, select

from app.accounts import current_account
from app.kit.clock import now
from app.spine.conditions import BadCondition
from app.spine.db import db, upsert
from app.spine.jobs import give_way, job, schedule

from .models import Segment, SegmentMove, SegmentSize
from .watching import KEPT
from .watching import look as look_at


@job
def look(account_id: int) -> None:
    """Bring the watched segments of an account up to date, one transaction each."""
    ids = db.session.scalars(select(Segment.id).where(Segment.watched_at.is_not(None)).order_by(Segment.id)).all()
    for segment_id in ids:
        give_way()
        segment = db.session.get(Segment, segment_id)
        if segment is None or segment.watched_at is None:
            continue
        try:
            look_at(segment)
        except BadCondition:             # it asks for something that is gone; the screen says so
            db.session.rollback()
            continue
        db.session.commit()


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
    for segment in db.session.scalars(select(Segment).order_by(Segment.id)).all():
        try:
            people = segment.count()
        except BadCondition:
            continue
        upsert(SegmentSize, ("account_id", "segment_id", "day"),
               {"segment_id": segment.id, "day": day, "people": people}, ("people",))
    db.session.execute(delete(SegmentMove).where(SegmentMove.at < now() - KEPT))
