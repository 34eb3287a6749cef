"""Exchange rates, by day: how many units of the account's currency one unit of another buys."""
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Numeric, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts import current_account
from app.kit.money import exponent, round_half_up
from app.spine.db import Owned, Row, db


class Rate(Owned, Row):
    """`rate` units of the account's currency for one major unit of `currency` on `day`."""
    __tablename__ = "fx_rates"
    currency: Mapped[str]
    day: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(24, 12))
    __table_args__ = (UniqueConstraint("account_id", "currency", "day"),)


def rate_at(currency: str, day: date) -> Decimal | None:
    """The rate of that day, or the latest earlier one; 1 for the account's own currency; None when there is none."""
    if currency.upper() == current_account().currency:
        return Decimal(1)
    return db.session.scalar(select(Rate.rate).where(Rate.currency == currency.upper(), Rate.day <= day)
                             .order_by(Rate.day.desc()).limit(1))


def convert(amount: int, currency: str, at: datetime) -> int | None:
    """Minor units of `currency` at that moment's local day, in minor units of the account's; None without a rate."""
    home = current_account()
    rate = rate_at(currency, at.astimezone(home.zone).date())
    if rate is None:
        return None
    shift = exponent(home.currency) - exponent(currency)
    return round_half_up(Decimal(amount).scaleb(shift) * Decimal(rate))
