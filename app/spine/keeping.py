"""How long rows are kept that only served the running: each domain says so, one nightly job lets them go in batches.

    keeps("Finished jobs", Job, "finished_at", 30, Job.state == "done")
Business rows are not on the list: people, money and what happened stay until somebody erases them.
"""
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, select, true

from app.kit.clock import now, real_now
from app.spine import backup
from app.spine.db import across_accounts, db
from app.spine.installation import Mark, fold_log
from app.spine.jobs import Job, job, schedule

BATCH = 1000
KEPT: list["Kept"] = []


@dataclass(frozen=True)
class Kept:
    """Rows of `model` for which `where` holds go `days` after the moment in the column `at`."""
    label: str
    model: type
    at: str
    days: int
    where: object = None

    def over(self):
        moment = getattr(self.model, self.at)
        return select(self.model.id).where(moment < real_now() - timedelta(days=self.days),
                                           true() if self.where is None else self.where).limit(BATCH)


def keeps(label: str, model: type, at: str, days: int, where=None) -> None:
    """Put a table on the list."""
    KEPT.append(Kept(label, model, at, days, where))


keeps("Finished jobs", Job, "finished_at", 30, Job.state == "done")
keeps("Failed jobs", Job, "finished_at", 90, Job.state.in_(("failed", "dead")))


@schedule("40 3 * * *", queue="books")
def forget_old() -> None:
    """One batch of each table; again at once while any of them was full."""
    with across_accounts():
        gone = [len(let_go(kept)) for kept in KEPT]
    if BATCH in gone:
        forget_more.later(key="keeping", at=now())
    else:
        db.session.commit()
        fold_log()


@job(queue="books")
def forget_more() -> None:
    forget_old()


def let_go(kept: Kept) -> list[int]:
    ids = db.session.scalars(kept.over()).all()
    if ids:
        db.session.execute(delete(kept.model).where(kept.model.id.in_(ids)).execution_options(
            synchronize_session=False))
    return ids


def nightly() -> bool:
    """Whether this installation copies itself: on SQLite, or wherever BACKUP_DIR names a folder."""
    return bool(current_app.config.get("BACKUP_DIR")) or db.engine.dialect.name == "sqlite"


@schedule("20 2 * * *", queue="books")
def copy_everything() -> None:
    if nightly():
        backup.take()


def last_copy() -> dict:
    """The newest copy: {at, file, bytes, how, seconds}, empty before the first."""
    return db.session.scalar(select(Mark.value).where(Mark.name == "backup")) or {}
