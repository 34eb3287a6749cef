"""Whole days since a moment, asked of the moment's own column so that its index serves."""
from datetime import datetime, timedelta

from sqlalchemy import and_, false, not_, or_

FARTHEST = 200_000             # days; keeps the moments inside what both databases can hold


class Elapsed:
    """Behaves like an integer column in comparisons with `kinds.whole(n)`."""

    def __init__(self, column, now: datetime):
        self.column, self.now = column, now

    def _ago(self, days: int) -> datetime:
        return self.now - timedelta(days=max(-FARTHEST, min(FARTHEST, days)))

    def __ge__(self, n):
        return self.column <= self._ago(n.value)

    def __gt__(self, n):
        return self.column <= self._ago(n.value + 1)

    def __lt__(self, n):
        return self.column > self._ago(n.value)

    def __le__(self, n):
        return self.column > self._ago(n.value + 1)

    def __eq__(self, n):
        return and_(self >= n, self <= n)

    __hash__ = None

    def is_distinct_from(self, n):
        return or_(not_(self == n), self.column.is_(None))

    def in_(self, numbers):
        return or_(false(), *(self == n for n in numbers))

    def is_(self, nothing):
        return self.column.is_(nothing)

    def is_not(self, nothing):
        return self.column.is_not(nothing)


def days_since(moment: datetime | None, now: datetime) -> int | None:
    """Whole days since then; negative for what is to come."""
    return None if moment is None else (now - moment) // timedelta(days=1)
