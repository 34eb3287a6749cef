"""The ledger of recurring revenue: what changed for whom between two daily closes, and the rates kept for it."""
from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.db import Owned, Row

KINDS = ("new", "expansion", "reactivation", "contraction", "churned")


class Movement(Owned, Row):
    """`amount`, `before` and `after` in 1/10000 minor unit of the account's currency; `amount` is never negative.

    `signed` is what it does to MRR; `customers` and `paying` are +1, 0 or -1 for those alive and those with MRR > 0.
    """
    __tablename__ = "movements"
    day: Mapped[date]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    signed: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[int] = mapped_column(BigInteger)
    after: Mapped[int] = mapped_column(BigInteger)
    customers: Mapped[int] = mapped_column(default=0)
    paying: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        UniqueConstraint("account_id", "person_id", "day"),
        Index("ix_movements_day", "account_id", "day"),
    )


class RateLock(Owned, Row):
    """The exchange rate a membership's currency keeps for life, so that rates never look like growth."""
    __tablename__ = "rate_locks"
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    currency: Mapped[str]
    day: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(24, 12))
    __table_args__ = (UniqueConstraint("account_id", "membership_id", "currency"),)


class StaleBook(Owned, Row):
    """A person whose segments changed since their movements were written."""
    __tablename__ = "stale_books"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    __table_args__ = (UniqueConstraint("account_id", "person_id"),)
