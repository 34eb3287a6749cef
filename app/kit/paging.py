"""Pages of any length list by the place where the last one ended, not by counting rows from the start.

Rows without a value in the sort column come last, whichever way the list is sorted.
"""
import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_

MOST = 200


class BadCursor(ValueError):
    """A cursor that we did not make, or made for another order."""


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursors of the pages after and before (None at either end)."""
    rows: list
    next_cursor: str | None = None
    previous_cursor: str | None = None


def keyset(session, statement, column, id_column, *, descending=False, cursor: str | None = None,
           limit: int = 50) -> Page:
    """A page of at most `limit` rows of a select, sorted by `column` and then by id; raises BadCursor.

    A statement of one entity gives entities, any other gives row tuples.
    """
    limit = max(1, min(int(limit), MOST))
    place = Place.read(cursor, column) if cursor else Place(column.key)
    walk = Walk(session, statement, column, id_column, descending ^ place.back)
    found = walk.after(place, limit + 1)
    more, found = len(found) > limit, found[:limit]
    if place.back:
        found.reverse()
    first, last = (found[0], found[-1]) if found else (None, None)
    behind = more if place.back else cursor is not None
    ahead = cursor is not None if place.back else more
    return Page([walk.plain(row) for row in found],
                Place(column.key, *last[-2:]).write() if ahead and last else None,
                Place(column.key, *first[-2:], back=True).write() if behind and first else None)


@dataclass(frozen=True)
class Place:
    """Where a page ended: the sort value and the id of its last row, and which way we go from there."""
    sort: str
    value: object = None
    id: int | None = None
    back: bool = False

    def write(self) -> str:
        value = {"t": self.value.isoformat()} if isinstance(self.value, datetime) else {
            "d": self.value.isoformat()} if isinstance(self.value, date) else self.value
        text = json.dumps([self.sort, value, self.id, int(self.back)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str, column) -> "Place":
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            name, value, key, back = json.loads(raw)
            if isinstance(value, dict):
                value = datetime.fromisoformat(value["t"]) if "t" in value else date.fromisoformat(value["d"])
        except (ValueError, TypeError, KeyError, binascii.Error, RecursionError):
            raise BadCursor("This page of the list cannot be found again. Start from the first one.") from None
        kind = getattr(column.type, "impl_instance", column.type).python_type
        fits = value is None or type(value) is kind
        if name != column.key or type(key) is not int or not 0 <= key < 2 ** 63 or not fits:
            raise BadCursor("This page belongs to a list in another order. Start from the first one.")
        return cls(name, value, key, bool(back))


class Walk:
    """Two stretches, rows with a value and rows without, each in index order."""

    def __init__(self, session, statement, column, id_column, falling: bool):
        self.session, self.column, self.id_column, self.falling = session, column, id_column, falling
        self.single = len(statement.column_descriptions) == 1
        self.statement = statement.add_columns(column, id_column)

    def plain(self, row):
        return row[0] if self.single else tuple(row[:-2])

    def after(self, place: Place, wanted: int) -> list:
        stretches = [self._valued, self._empty] if getattr(self.column, "nullable", True) else [self._valued]
        if place.back:
            stretches.reverse()
        if place.id is not None and len(stretches) == 2 and (place.value is None) == (stretches[1] == self._empty):
            stretches = stretches[1:]
        rows: list = []
        for stretch in stretches:
            if len(rows) < wanted:
                inside = place.id is not None and (place.value is None) == (stretch == self._empty)
                rows += self.session.execute(stretch(place if inside else None).limit(wanted - len(rows))).all()
        return rows

    def _beyond(self, column, value):
        return column < value if self.falling else column > value

    def _order(self, column):
        return column.desc() if self.falling else column.asc()

    def _valued(self, place):
        statement = self.statement.order_by(self._order(self.column), self._order(self.id_column))
        if getattr(self.column, "nullable", True):
            statement = statement.where(self.column.is_not(None))
        if place is None:
            return statement
        column, edge = self.column, place.value
        return statement.where(column <= edge if self.falling else column >= edge,
                               or_(self._beyond(column, edge), and_(column == edge,
                                                                    self._beyond(self.id_column, place.id))))

    def _empty(self, place):
        statement = self.statement.where(self.column.is_(None)).order_by(self._order(self.id_column))
        return statement.where(self._beyond(self.id_column, place.id)) if place else statement
