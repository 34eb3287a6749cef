"""A payment and what happened to it. One invoice, or one one-off charge, is one payment however often it is tried."""
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.spine.db import Owned, Public, Row, Utc
from app.spine.privacy import tells

COUNTED = ("paid", "refunded", "partially_refunded", "disputed")     # money came in, whatever happened later
RECOVERY = timedelta(days=30)        # after this a failed payment counts as lost
RANKS = {"pending": 1, "requires_action": 2, "failed": 3, "canceled": 4, "paid": 5}


@tells(blank=("failure_message", "recovery_url", "card"))
class Payment(Public, Owned, Row):
    """`amount` and `refunded` in minor units of `currency`; `account_amount` in the account's, None without a rate.

    `status` follows from what was learnt, not from the order in which: paid outranks failed, failed outranks pending.
    """
    __tablename__ = "payments"
    PREFIX = "pay"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id", ondelete="SET NULL"))
    source: Mapped[str]
    external_id: Mapped[str]
    membership_ref: Mapped[str | None]            # the membership's id at the source
    status: Mapped[str] = mapped_column(default="pending")
    reached: Mapped[str] = mapped_column(default="pending")      # the highest of RANKS
    reached_at: Mapped[datetime | None] = mapped_column(Utc)     # the version that said so
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_told: Mapped[int] = mapped_column(BigInteger, default=0)    # the largest total a source named
    lost: Mapped[int] = mapped_column(BigInteger, default=0)     # to disputes
    currency: Mapped[str] = mapped_column(default="USD")
    account_amount: Mapped[int | None] = mapped_column(BigInteger)
    account_net: Mapped[int | None] = mapped_column(BigInteger)  # after refunds and lost disputes
    kind: Mapped[str | None]                      # initial renewal upgrade one_time manual
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    attempts_count: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(Utc)
    failed_at: Mapped[datetime | None] = mapped_column(Utc)      # the first failure
    paid_at: Mapped[datetime | None] = mapped_column(Utc)
    next_attempt_at: Mapped[datetime | None] = mapped_column(Utc)
    recovery_url: Mapped[str | None]
    reference: Mapped[str | None]                 # our own attribution key, when the checkout carried one
    card: Mapped[str | None]                      # brand and last four digits
    version: Mapped[datetime | None] = mapped_column(Utc)        # the newest fact's
    test: Mapped[bool] = mapped_column(default=False)
    told = None                                   # event key -> moment, while it is settled
    person: Mapped["Person"] = relationship("Person")            # noqa: F821 - by name, the class lives upstairs
    plan: Mapped["Plan | None"] = relationship("Plan")           # noqa: F821
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.at", passive_deletes=True)
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.at", passive_deletes=True)
    disputes: Mapped[list["Dispute"]] = relationship(order_by="Dispute.at", passive_deletes=True)
    __table_args__ = (
        UniqueConstraint("account_id", "source", "external_id"),
        Index("ix_payments_person", "account_id", "person_id", "opened_at"),
        Index("ix_payments_paid", "account_id", "paid_at"),
        Index("ix_payments_status", "account_id", "status", "opened_at"),
        Index("ix_payments_membership", "account_id", "membership_ref"),
    )

    @property
    def net(self) -> int:
        """What stayed: paid minus refunded minus lost disputes, never below 0."""
        return max(0, self.amount - self.refunded - self.lost) if self.reached == "paid" else 0

    @property
    def recovered(self) -> bool:
        """Paid after at least one failed attempt."""
        return bool(self.paid_at and self.failed_at and self.failed_at < self.paid_at)

    @property
    def open_failure(self) -> bool:
        """Failed, and neither paid nor given up."""
        return self.status in ("failed", "requires_action")


class Alias(Owned, Row):
    """Another id of the same payment at its source: an intent, a charge, an invoice."""
    __tablename__ = "payment_aliases"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    source: Mapped[str]
    value: Mapped[str]
    __table_args__ = (UniqueConstraint("account_id", "source", "value"), Index("ix_aliases_payment", "payment_id"))


class Attempt(Owned, Row):
    """One try to take the money, and its outcome."""
    __tablename__ = "attempts"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Utc)
    outcome: Mapped[str]                          # paid, failed
    code: Mapped[str | None]
    message: Mapped[str | None]
    __table_args__ = (UniqueConstraint("account_id", "payment_id", "outcome", "at"),)


class Refund(Owned, Public, Row):
    """Money given back, once per id at the source."""
    __tablename__ = "refunds"
    PREFIX = "rfd"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    source: Mapped[str]
    external_id: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime] = mapped_column(Utc)
    version: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("account_id", "source", "external_id"), Index("ix_refunds_payment",
                                                                                     "payment_id"))


class Dispute(Owned, Public, Row):
    """A charge the buyer's bank contests: open, won or lost."""
    __tablename__ = "disputes"
    PREFIX = "dsp"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    source: Mapped[str]
    external_id: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    status: Mapped[str] = mapped_column(default="open")
    at: Mapped[datetime] = mapped_column(Utc)
    version: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("account_id", "source", "external_id"), Index("ix_disputes_payment",
                                                                                     "payment_id"))
