"""Counting tries in the database, so that it works over processes and without Redis."""
import hashlib
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import TooManyRequests

from app.kit.clock import real_now
from app.spine.db import Row, Utc, _insert, db

log = structlog.get_logger("limits")
HOUR, HOURS = 3600, 24


class Bucket(Row):
    """Tries of one key within one window."""
    __tablename__ = "buckets"
    name: Mapped[str] = mapped_column(unique=True)
    count: Mapped[int] = mapped_column(default=1)
    ends_at: Mapped[datetime] = mapped_column(Utc)


def allow(what: str, who: str, limit: int, window: timedelta) -> bool:
    """Count one try of `what` by `who` (kept as a hash); False past `limit` within the window. Commits nothing."""
    seconds = int(window.total_seconds())
    slot = int(real_now().timestamp()) // seconds
    return _add(f"{what}:{hashlib.sha256(who.lower().encode()).hexdigest()[:32]}:{slot}", window) <= limit


def tally(what: str, account_id: int = 0) -> None:
    """Count that something happened, and not to whom: one row an hour and account. Commits nothing."""
    _add(f"{what}:{account_id}:{_hour()}", timedelta(seconds=HOUR))


def tallied(what: str, account_id: int = 0) -> int:
    """How often it happened in the last 24 hours."""
    names = [f"{what}:{account_id}:{_hour() - back}" for back in range(HOURS)]
    return db.session.scalar(select(func.coalesce(func.sum(Bucket.count), 0)).where(Bucket.name.in_(names)))


def _hour() -> int:
    return int(real_now().timestamp()) // HOUR


def _add(name: str, window: timedelta) -> int:
    """One more in this bucket; how many there are now, counted by the database."""
    counted = _insert(Bucket).values(name=name, count=1, ends_at=real_now() + window, created_at=real_now())
    counted = counted.on_conflict_do_update(index_elements=[Bucket.name], set_={"count": Bucket.count + 1})
    return db.session.execute(counted.returning(Bucket.count)).scalar_one()


def wait(words: str, window: timedelta):
    """End the request: 429, with the seconds until the window ends."""
    seconds = int(window.total_seconds())
    log.warning("rate.limited", says=words)
    raise TooManyRequests(words, retry_after=seconds - int(real_now().timestamp()) % seconds)
