"""From the cells of anybody's file to those our kinds take: renamed, dates and amounts in our way of writing."""
from app.accounts import current_account
from app.connections.importing import KINDS
from app.connections.rows import BadRow, Row
from app.kit import csv, money, reading
from app.kit.clock import iso
from app.kit.tables import Table

from .columns import KEEP, LEAVE, MAJOR, holds, known_as

JOINED = {"first_name": ("name", 0), "last_name": ("name", 1)}       # parts of one place, in their order
CURRENCIES = ("currency", "currency_of_totals")
FOREIGN_TOTALS = ("total_revenue_cents",)                             # always in the account's own currency


class Mapping:
    """How the rows of one import are read."""

    def __init__(self, one):
        self.kind, self.order, self.home = KINDS[one.kind], one.dates, current_account().currency
        self.places = [(name, place, place.removesuffix(MAJOR), holds(self.kind, place))
                       for name, place in one.mapping.items() if place != LEAVE]
        theirs = known_as(one.foreign)
        self.words = theirs.words if theirs else {}
        self.money = next((name for name, place, *_ in self.places if place in CURRENCIES), None)

    def row(self, number: int, cells: dict[str, str]) -> Row:
        """Raises BadRow."""
        known, extra, parts = {}, {}, {}
        currency = ((self.money and cells.get(self.money)) or self.home).upper()
        for name, place, bare, kind in self.places:
            text = unguarded(cells.get(name, ""))
            if not text:
                continue
            if place == KEEP:
                extra[name] = text
            elif place in JOINED:
                whole, position = JOINED[place]
                parts.setdefault(whole, {})[position] = text
            else:
                known[bare] = text if kind == "text" and bare not in self.words else self.cell(
                    name, place, bare, kind, text, currency)
        for whole, told in parts.items():
            known.setdefault(whole, " ".join(told[position] for position in sorted(told)))
        return Row(number, {name: text for name, text in known.items() if text is not None}, extra)

    def cell(self, name: str, place: str, bare: str, kind: str, text: str, currency: str) -> str | None:
        """One cell in our way of writing."""
        text = self.words.get(bare, {}).get(text.lower(), text)
        try:
            if kind == "moment" and text:
                return iso(reading.moment(text, self.order))
            if kind == "money":
                currency = reading.currency_in(text) or currency
            if bare in FOREIGN_TOTALS and currency != self.home:
                return None
            if kind == "money" and place != bare:
                return str(reading.amount(text, money.currency(currency)))
        except money.BadMoney as error:
            raise BadRow(f"{name}: {error}") from None
        except (ValueError, OverflowError):
            raise BadRow(f"{name}: {text!r} is not a date we can read") from None
        return text


def unguarded(text: str) -> str:
    """A cell as it was before somebody's export kept it from being a formula."""
    return text[1:] if text[:1] == "'" and csv.text(text[1:]) == text else text


def order_in(table: Table, kind, mapping: dict) -> str | None:
    """Whether days or months come first in the columns that hold dates: dmy, mdy, "?" or None."""
    texts = [text for position, name in enumerate(table.names) if holds(kind, mapping.get(name, "")) == "moment"
             for text in table.values(position)]
    return reading.order_of(texts)
