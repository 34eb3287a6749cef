"""One reading of a source, step by step and page by page, and what it found to be different."""
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.clock import now
from app.spine.db import BigId, Json, Owned, Public, Row, Utc, db
from app.spine.keeping import keeps
from app.spine.privacy import tells
from app.spine.sockets import SOURCES

from ..models import Connection

STATES = ("running", "paused", "stopped", "done", "failed")
KINDS = {"first": "First sync", "full": "Full sync", "nightly": "Nightly sweep"}
COUNTS = ("seen", "created", "updated", "unchanged", "failed")
SWEEP = timedelta(hours=48)


class Sync(Public, Owned, Row):
    """`steps` say how far each list is, with counts; `cursor` leads to the next page of the step at `place`.

    running (perhaps resting until `resume_at`), paused (the key is refused), stopped (by hand), done, failed.
    """
    __tablename__ = "syncs"
    PREFIX = "syn"
    STATES = STATES
    connection_id: Mapped[int] = mapped_column(BigId, ForeignKey("connections.id", ondelete="CASCADE"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="running")
    steps: Mapped[list] = mapped_column(Json, default=list)
    place: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[dict | None] = mapped_column(Json)
    pages: Mapped[int] = mapped_column(default=0)              # taken so far; whoever took the next one is ahead of us
    tries: Mapped[int] = mapped_column(default=0)              # failures since the last page
    resume_at: Mapped[datetime | None] = mapped_column(Utc)
    words: Mapped[str | None]                                  # why it rests, or ended
    started_at: Mapped[datetime] = mapped_column(Utc, default=now)
    touched_at: Mapped[datetime] = mapped_column(Utc, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    connection: Mapped[Connection] = relationship()
    __table_args__ = (
        Index("ix_syncs_connection", "account_id", "connection_id", "id"),
        Index("uq_syncs_running", "account_id", "connection_id", unique=True, sqlite_where=(state == "running"),
              postgresql_where=(state == "running")),
    )

    @classmethod
    def latest(cls, connection: Connection) -> "Sync | None":
        return db.session.scalar(select(cls).where(cls.connection_id == connection.id).order_by(cls.id.desc()).limit(1))

    @classmethod
    def latest_of(cls, connection_ids) -> "dict[int, Sync]":
        """Connection id -> its latest reading, all in one question."""
        newest = select(func.max(cls.id)).where(cls.connection_id.in_(connection_ids)).group_by(cls.connection_id)
        return {row.connection_id: row for row in db.session.scalars(select(cls).where(cls.id.in_(newest)))}

    @classmethod
    def begin(cls, connection: Connection, kind: str | None = None) -> "Sync":
        """Start reading, or go on with what is under way: two never run side by side. Leaves the job for it."""
        db.session.scalar(select(Connection.id).where(Connection.id == connection.id).with_for_update())
        last = cls.latest(connection)
        if last is None or last.state in ("done", "failed") or (last.state != "running" and kind == "nightly"):
            ever = db.session.scalar(select(cls.id).where(cls.connection_id == connection.id, cls.state == "done"))
            kind = (kind or "full") if ever else "first"
            lists = [one for one in SOURCES[connection.source].lists if one.nightly or kind != "nightly"]
            steps = [{"name": one.name, "label": one.label, "state": "waiting", **dict.fromkeys(COUNTS, 0)}
                     for one in lists]
            last = cls(connection_id=connection.id, kind=kind, steps=steps)
            db.session.add(last)
            db.session.flush()
        last.go_on()
        return last

    def go_on(self) -> None:
        """Run, from where it was; also a rest is over now."""
        from .jobs import read_on
        self.state, self.resume_at, self.tries, self.touched_at = "running", None, 0, now()
        read_on.later(self.id, key=f"sync:{self.connection_id}")

    def stop(self, words: str = "Stopped by hand.") -> None:
        """Take no further page; what came in stays, and it can go on from here."""
        if self.state in ("running", "paused"):
            self.state, self.words, self.resume_at = "stopped", words, None

    @property
    def step(self) -> dict | None:
        return self.steps[self.place] if self.place < len(self.steps) else None

    def since(self) -> datetime | None:
        """How far back this step has to look; None: to the beginning."""
        days = next((one.first_days for one in SOURCES[self.connection.source].lists
                     if one.name == self.step["name"]), None)
        if self.kind == "nightly":
            return self.started_at - SWEEP
        return self.started_at - timedelta(days=days) if days else None

    def count(self, **more) -> None:
        """Change the current step: numbers are added, words replace."""
        step = dict(self.step)
        for name, value in more.items():
            step[name] = step[name] + value if name in COUNTS else value
        self.steps = [*self.steps[:self.place], step, *self.steps[self.place + 1:]]

    def close_step(self, state: str, note: str | None = None) -> None:
        """This list is read, refused or failed; on to the next, or to the end."""
        self.count(state=state, note=note or self.step.get("note"))
        self.place, self.cursor = self.place + 1, None
        if self.step is None:
            self.finish()

    def finish(self) -> None:
        good = any(step["state"] == "done" for step in self.steps)
        self.state, self.finished_at, self.resume_at = "done" if good else "failed", now(), None
        self.words = None if good else "Not one list could be read. Look at what the key may do."

    def rest(self, seconds: int, words: str) -> None:
        """Come back later by itself."""
        self.tries, self.words, self.resume_at = self.tries + 1, words, now() + timedelta(seconds=seconds)

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        step = self.step
        if self.state != "running" or step is None:
            return {"done": "Everything is read", "failed": "Nothing could be read"}.get(self.state, "")
        return f"{step['label']}: {step['seen']:,} so far"

    def total(self, name: str) -> int:
        return sum(step[name] for step in self.steps)


@tells(erase="delete")
class Discrepancy(Public, Owned, Row):
    """A field that differed from what the source says, and was put right: what it was and what it became."""
    __tablename__ = "discrepancies"
    PREFIX = "dcr"
    sync_id: Mapped[int] = mapped_column(BigId, ForeignKey("syncs.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(BigId, ForeignKey("connections.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    noun: Mapped[str]                                          # person, membership, payment
    subject: Mapped[str]                                       # its public id
    field: Mapped[str]                                         # "" when it was not here at all
    was: Mapped[str | None]
    became: Mapped[str | None]
    __table_args__ = (Index("ix_discrepancies_connection", "account_id", "connection_id", "id"),
                      Index("ix_discrepancies_person", "account_id", "person_id"),
                      Index("ix_discrepancies_sync", "account_id", "sync_id"))


keeps("Readings of a source", Sync, "finished_at", 365)
keeps("What was put right", Discrepancy, "created_at", 365)
