"""What the installation as a whole remembers: named values and leases, the time machine among them."""
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock
from app.kit.clock import real_now
from app.spine.db import Json, Row, Utc, db, insert_once, is_postgres

_seen = {"until": None, "by": timedelta(0)}


class Mark(Row):
    """A named value of the installation, with a lease when only one process may hold it."""
    __tablename__ = "marks"
    name: Mapped[str] = mapped_column(unique=True)
    value: Mapped[dict] = mapped_column(Json, default=dict)
    held_by: Mapped[str | None]
    held_until: Mapped[datetime | None] = mapped_column(Utc)


def remember(name: str, value: dict) -> None:
    insert_once(Mark, ("name",), name=name, value={})
    db.session.execute(update(Mark).where(Mark.name == name).values(value=value))


def recall(name: str) -> dict:
    return db.session.scalar(select(Mark.value).where(Mark.name == name)) or {}


def hold(name: str, holder: str, seconds: int) -> bool:
    """Take or renew a lease; False while somebody else's lasts. Commits nothing."""
    insert_once(Mark, ("name",), name=name, value={})
    free = (Mark.held_by == holder) | Mark.held_by.is_(None) | (Mark.held_until < real_now())
    took = db.session.execute(update(Mark).where(Mark.name == name, free).values(
        held_by=holder, held_until=real_now() + timedelta(seconds=seconds)))
    return took.rowcount == 1


def let_go(name: str, holder: str) -> None:
    db.session.execute(update(Mark).where(Mark.name == name, Mark.held_by == holder).values(held_until=None,
                                                                                            held_by=None))


def follow_time_machine(app) -> None:
    """With TIME_MACHINE=1 product time follows the offset kept in the database, re-read once a second."""
    clock.follow(None)
    if not app.config["TIME_MACHINE"]:
        return
    with app.app_context():
        engine = db.engine

    def offset() -> timedelta:
        if _seen["until"] is None or real_now() > _seen["until"]:
            with engine.connect().execution_options(reading=True) as connection:
                value = connection.execute(select(Mark.value).where(Mark.name == "clock")).scalar() or {}
            _seen.update(until=real_now() + timedelta(seconds=1), by=timedelta(seconds=value.get("seconds", 0)))
        return _seen["by"]

    clock.follow(offset)


def set_clock(moment: datetime | None) -> None:
    """Move product time to `moment` (None: back to real time), for every process of the installation."""
    seconds = (moment - real_now()).total_seconds() if moment else 0
    remember("clock", {"seconds": seconds})
    _seen["until"] = None


def fold_log() -> None:
    """SQLite: look anew at how rows are spread where that helps; write the log back into the file and cut it, so that
    nothing erased stands in it any longer."""
    db.session.rollback()
    if not is_postgres():
        held = db.engine.raw_connection()
        try:
            for pragma in ("analysis_limit=1000", "optimize", "wal_checkpoint(TRUNCATE)"):
                held.driver_connection.execute(f"PRAGMA {pragma}")
        finally:
            held.close()
