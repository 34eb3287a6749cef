"""The jobs table: what must happen later, written with its cause, in one transaction."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.spine.db import Json, Public, Row, Utc, db

STATES = ("ready", "dispatched", "running", "done", "failed", "dead")
OPEN = ("dispatched", "running")


class Job(Public, Row):
    """One piece of work. At most one `ready` row per key; a key is also a lane: its jobs never run side by side."""
    __tablename__ = "jobs"
    PREFIX = "job"
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str]
    args: Mapped[list] = mapped_column(Json, default=list)
    queue: Mapped[str] = mapped_column(default="default")
    key: Mapped[str | None]
    slot: Mapped[str | None] = mapped_column(unique=True)       # a schedule's moment: once, whoever gets there first
    state: Mapped[str] = mapped_column(default="ready")
    run_at: Mapped[datetime] = mapped_column(Utc, default=now)
    attempt: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Utc)
    worker: Mapped[str | None]
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    error: Mapped[str | None]
    __table_args__ = (
        Index("uq_jobs_key_ready", "key", unique=True, sqlite_where=(state == "ready"),
              postgresql_where=(state == "ready")),
        Index("ix_jobs_due", "state", "run_at", "id"),
        Index("ix_jobs_lane", "key", "state"),
        Index("ix_jobs_account", "account_id", "state", "id"),
    )

    @classmethod
    def of(cls, account_id: int, public_id: str) -> "Job | None":
        """An account's own job; others, and the installation's, do not exist for it."""
        return db.session.scalar(select(cls).where(cls.account_id == account_id, cls.public_id == public_id))

    def retry(self) -> None:
        """Put a failed or dead job back in line, with all its tries."""
        if self.state not in ("failed", "dead"):
            raise ValueError("only a failed job can be tried again")
        self.state, self.run_at, self.attempt, self.crashes, self.error = "ready", now(), 0, 0, None

    def discard(self) -> None:
        """Give a failed, dead or waiting job up for good."""
        if self.state not in ("failed", "dead", "ready"):
            raise ValueError("a running job cannot be discarded")
        self.state, self.finished_at, self.error = "done", now(), "discarded"
