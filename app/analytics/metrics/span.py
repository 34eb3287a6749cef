"""A stretch of the account's days, and the one before it to compare with."""
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.accounts import current_account
from app.kit.clock import now

LENGTHS = (7, 30, 90, 365)


@dataclass(frozen=True)
class Span:
    """Local days from `first` to `last`, both included."""
    first: date
    last: date

    @classmethod
    def of(cls, days: int) -> "Span":
        """The last so many days, today included."""
        today = now().astimezone(current_account().zone).date()
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def begins(self) -> datetime:
        return midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The moment after its last."""
        return midnight(self.last + timedelta(days=1))

    @property
    def close_before(self) -> date:
        return self.first - timedelta(days=1)


def midnight(day: date) -> datetime:
    """When a local day begins, in UTC."""
    return datetime.combine(day, time.min, current_account().zone).astimezone(UTC)
