"""Accounts, users and the seats that tie them together."""
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.spine.db import BigId, Json, Public, Row, Utc, db
from app.spine.holding import lasting


@lasting
class Account(Public, Row):
    """A node of the account tree. A company owns people and money; levels above exist only when used."""
    __tablename__ = "accounts"
    PREFIX = "acc"
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(default="company")
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(default="USD")
    timezone: Mapped[str] = mapped_column(default="UTC")
    settings: Mapped[dict] = mapped_column(Json, default=dict)
    demo: Mapped[bool] = mapped_column(default=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class User(Public, Row):
    """Somebody who signs in. Belongs to accounts through seats."""
    __tablename__ = "users"
    PREFIX = "usr"
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    disabled_at: Mapped[datetime | None] = mapped_column(Utc)
    seats: Mapped[list["Seat"]] = relationship(back_populates="user", cascade="all, delete-orphan")

    @property
    def label(self) -> str:
        """What to call them on a page."""
        return self.name or self.email

    def seat_at(self, account_id) -> "Seat | None":
        return next((seat for seat in self.seats if seat.account_id == account_id), None)


class Seat(Row):
    """A user's role at an account."""
    __tablename__ = "seats"
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[str]
    department: Mapped[str] = mapped_column(default="")
    user: Mapped[User] = relationship(back_populates="seats")
    account: Mapped[Account] = relationship()
    __table_args__ = (UniqueConstraint("account_id", "user_id"), Index("ix_seats_user", "user_id"))


def account_by_slug(slug: str) -> Account | None:
    return db.session.scalar(select(Account).where(Account.slug == slug))
