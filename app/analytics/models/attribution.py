"""Touches, and the payments credited to them."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.people import Person
from app.spine.db import Owned, Public, Row, Utc


class Touch(Owned, Row):
    """A message that reached somebody: delivered, or clicked by a human. Tests and failures are none."""
    __tablename__ = "touches"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("messages.id", ondelete="CASCADE"))
    automation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("automations.id", ondelete="SET NULL"))
    kind: Mapped[str]                              # delivered, clicked
    at: Mapped[datetime] = mapped_column(Utc)
    sent_at: Mapped[datetime] = mapped_column(Utc)     # when the message went out
    key: Mapped[str]                               # one delivery a message and one for each human click
    channel: Mapped[str] = mapped_column(default="")
    __table_args__ = (UniqueConstraint("account_id", "key"),
                      Index("ix_touches_person", "account_id", "person_id", "kind", "at"))


class Conversion(Public, Owned, Row):
    """A payment and the touch it is credited to. `value` is paid minus refunded, in the payment's currency."""
    __tablename__ = "conversions"
    PREFIX = "cnv"
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    touch_id: Mapped[int | None] = mapped_column(ForeignKey("touches.id", ondelete="SET NULL"))
    automation_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("automations.id", ondelete="SET NULL"))
    enrollment_id: Mapped[int | None] = mapped_column(BigInteger)    # also set for those held out, to compare with
    credit: Mapped[str]                            # attributed, influenced, none, held_out
    kind: Mapped[str]                              # first_purchase, upgrade, recovered_payment, reactivation
    at: Mapped[datetime] = mapped_column(Utc)
    window_hours: Mapped[int] = mapped_column(default=168)
    value: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    account_value: Mapped[int] = mapped_column(BigInteger, default=0)
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("account_id", "payment_id"),
                      Index("ix_conversions_at", "account_id", "credit", "at"),
                      Index("ix_conversions_automation", "account_id", "automation_id", "at"))
