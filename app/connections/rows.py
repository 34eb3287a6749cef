"""One row of a file, read cell by cell in words that its owner understands."""
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from app.kit.clock import parse_time

LARGEST = 2 ** 53
LONGEST = 2000


class BadRow(ValueError):
    """A cell that cannot be what its column says."""


@dataclass
class Row:
    """`number` as a spreadsheet counts (the header is 1), the cells of known columns, and the rest in `extra`."""
    number: int
    cells: dict[str, str]
    extra: dict[str, str]

    @classmethod
    def made(cls, number: int, cells: dict, kind) -> "Row":
        named = {kind.aliases.get(name, name): text for name, text in cells.items()}
        return cls(number, {name: text for name, text in named.items() if name in kind.columns},
                   {name: text for name, text in named.items() if name not in kind.columns and text})

    def text(self, column: str, needed: bool = False) -> str | None:
        """The cell, None when it is empty."""
        found = self.cells.get(column) or None
        if found is None and needed:
            raise BadRow(f"{column} is empty")
        if found and len(found) > LONGEST:
            raise BadRow(f"{column} has over {LONGEST:,} characters")
        return found

    def moment(self, column: str, needed: bool = False) -> datetime | None:
        """An ISO 8601 time in UTC; a bare date is its midnight."""
        found = self.text(column, needed)
        if found is None:
            return None
        try:
            moment = parse_time(found)
        except (ValueError, OverflowError):
            raise BadRow(f"{column}: {found!r} is not a time such as 2026-08-03T14:00:00Z") from None
        if not 1900 <= moment.year <= 9000:
            raise BadRow(f"{column}: the year {moment.year} cannot be right")
        return moment

    def day(self, column: str) -> date:
        """A date, needed."""
        found = self.text(column, needed=True)
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise BadRow(f"{column}: {found!r} is not a date such as 2026-08-03") from None

    def decimal(self, column: str, needed: bool = False, least=None) -> Decimal | None:
        """A decimal number with a point."""
        found = self.text(column, needed)
        if found is None:
            return None
        try:
            number = Decimal(found)
        except InvalidOperation:
            raise BadRow(f"{column}: {found!r} is not a number") from None
        if not number.is_finite() or abs(number) > LARGEST:
            raise BadRow(f"{column}: {found!r} is out of range")
        if least is not None and number < least:
            raise BadRow(f"{column}: {found} is below {least}")
        return number

    def whole(self, column: str, needed: bool = False, least: int | None = 0) -> int | None:
        """A whole number, not negative unless `least` allows it."""
        number = self.decimal(column, needed, least)
        if number is None:
            return None
        if number != int(number):
            raise BadRow(f"{column}: {self.text(column)!r} is not a whole number")
        return int(number)

    def choice(self, column: str, choices, needed: bool = False) -> str | None:
        """One of the words, whatever its case."""
        found = self.text(column, needed)
        if found is None:
            return None
        word = found.lower().replace(" ", "_").replace("-", "_")
        word = {"cancelled": "canceled"}.get(word, word)
        if word not in choices:
            raise BadRow(f"{column}: {found!r} is none of {', '.join(choices)}")
        return word
