"""A membership, what its source said about it over time, and the segments that follow."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog import Plan
from app.people import Person
from app.spine.db import Json, Owned, Public, Row, Utc
from app.spine.privacy import tells

STATUSES = ("trialing", "active", "past_due", "canceling", "paused", "unpaid", "incomplete", "completed", "canceled",
            "expired")
ACCESS = ("active", "canceling", "trialing", "past_due", "paused", "completed")    # best first
COUNTING = ("active", "past_due", "canceling")


@tells(blank=("cancel_reason", "manage_url"))
class Membership(Public, Owned, Row):
    """One person's access through one plan. All columns follow from the observations; see `settle`."""
    __tablename__ = "memberships"
    PREFIX = "mem"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id", ondelete="SET NULL"))
    source: Mapped[str]
    external_id: Mapped[str]
    status: Mapped[str] = mapped_column(default="incomplete")
    amount: Mapped[int] = mapped_column(BigInteger, default=0)        # minor units a period, per unit
    quantity: Mapped[int] = mapped_column(default=1)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)      # recurring, minor units a period
    currency: Mapped[str] = mapped_column(default="USD")
    interval: Mapped[str | None]
    interval_count: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    period_end: Mapped[datetime | None] = mapped_column(Utc)
    trial_end: Mapped[datetime | None] = mapped_column(Utc)
    canceled_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    cancel_reason: Mapped[str | None]
    manage_url: Mapped[str | None]
    person: Mapped[Person] = relationship()
    plan: Mapped[Plan | None] = relationship()
    __table_args__ = (
        UniqueConstraint("account_id", "source", "external_id"),
        Index("ix_memberships_person", "account_id", "person_id"),
        Index("ix_memberships_status", "account_id", "status", "period_end"),
    )


class Observation(Owned, Row):
    """What a source said a membership was at `version`. Kept, so that any order of arrival ends the same."""
    __tablename__ = "observations"
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    version: Mapped[datetime] = mapped_column(Utc)
    key: Mapped[str]                               # a digest of what was said
    said: Mapped[dict] = mapped_column(Json, default=dict)
    __table_args__ = (UniqueConstraint("account_id", "membership_id", "version", "key"),)


class MembershipSegment(Owned, Row):
    """A stretch of one membership with constant plan, price, quantity, discount, currency and status.

    `metrics.md` section 1: the only input of MRR, churn and cohorts. `[starts_at, ends_at)`, open when None.
    """
    __tablename__ = "membership_segments"
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id", ondelete="SET NULL"))
    seq: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str]
    interval: Mapped[str | None]
    interval_count: Mapped[int] = mapped_column(default=1)
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    quantity: Mapped[int] = mapped_column(default=1)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(Utc)
    ends_at: Mapped[datetime | None] = mapped_column(Utc)
    given: Mapped[bool] = mapped_column(default=False)     # imported as it is, not derived from observations
    __table_args__ = (
        UniqueConstraint("account_id", "membership_id", "seq", "version"),
        Index("ix_segments_person", "account_id", "person_id", "starts_at"),
        Index("ix_segments_starts", "account_id", "starts_at"),
    )
