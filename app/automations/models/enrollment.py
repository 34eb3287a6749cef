"""One person's way through one automation, and the log of every step with its reason in words."""
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.people import Person
from app.spine.db import Json, Owned, Public, Row, Utc
from app.spine.privacy import tells

from .automation import Automation, AutomationVersion

LIVE = ("active", "waiting")


@tells(blank=("context",))
class Enrollment(Public, Owned, Row):
    """`entry_key` makes entering idempotent: the same cause cannot enrol the same person twice."""
    __tablename__ = "enrollments"
    PREFIX = "enr"
    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("automation_versions.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="SET NULL"))
    entry_key: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")       # active waiting completed exited failed
    step_id: Mapped[str | None]
    visit: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    entered_at: Mapped[datetime] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    reason: Mapped[str | None]                                 # why it ended: a code
    held_out: Mapped[bool] = mapped_column(default=False)
    depth: Mapped[int] = mapped_column(default=0)
    chain: Mapped[str | None]                                  # the automations that led here
    tries: Mapped[int] = mapped_column(default=0)
    subject: Mapped[str | None]                                # what it is about, such as a payment's public id
    context: Mapped[dict] = mapped_column(Json, default=dict)  # the trigger's data
    person: Mapped[Person] = relationship()
    automation: Mapped[Automation] = relationship()
    version: Mapped[AutomationVersion] = relationship()
    __table_args__ = (
        UniqueConstraint("account_id", "automation_id", "person_id", "entry_key"),
        Index("ix_enrollments_due", "account_id", "state", "due_at"),
        Index("ix_enrollments_person", "account_id", "person_id", "state"),
        Index("ix_enrollments_automation", "account_id", "automation_id", "state", "id"),
    )


class StepRun(Owned, Row):
    """One step done for one enrollment, once per visit, with what came of it in words."""
    __tablename__ = "step_runs"
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"))
    step_id: Mapped[str]
    visit: Mapped[int] = mapped_column(default=0)
    status: Mapped[str]                                        # done, waiting, skipped, failed
    words: Mapped[str] = mapped_column(default="")
    output: Mapped[dict] = mapped_column(Json, default=dict)
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("account_id", "enrollment_id", "step_id", "visit"),)
