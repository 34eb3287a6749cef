"""Counting tries in the database, so that it works over processes and without Redis."""
import hashlib
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import TooManyRequests

from app.kit.clock import real_now
from app.spine.db import Row, Utc, db, upsert

log = structlog.get_logger("limits")


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
    name = f"{what}:{hashlib.sha256(who.lower().encode()).hexdigest()[:32]}:{slot}"
    ends = real_now() + window
    held = db.session.scalar(select(Bucket.count).where(Bucket.name == name)) or 0
    upsert(Bucket, ("name",), {"name": name, "count": held + 1, "ends_at": ends}, ("count",))
    return held < limit


def wait(words: str, window: timedelta):
    """End the request: 429, with the seconds until the window ends."""
    seconds = int(window.total_seconds())
    log.warning("rate.limited", says=words)
    raise TooManyRequests(words, retry_after=seconds - int(real_now().timestamp()) % seconds)


def forget_ended() -> None:
    db.session.execute(delete(Bucket).where(Bucket.ends_at < real_now() - timedelta(hours=1)))
