"""What a chunk did, found by looking before and after, and written down so that it can be undone."""
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert, inspect, select

from app.kit.clock import now
from app.spine.db import current_account_id, db

from ..models import ImportedRow

BATCH = 500
APART = {"id", "account_id", "created_at", "updated_at", "public_id", "search_text", "folded", "tagged"}


class Notes:
    """What one chunk of one import may change, and what it has."""

    def __init__(self, about):
        self.about, self.import_id, self.before, self.there, self.new = about, about.id, {}, {}, {}

    def watch(self, model, ids) -> None:
        """Keep how these rows are now, once."""
        held = self.before.setdefault(model, {})
        held |= snapshot(model, set(ids) - held.keys())

    def expect(self, model, column: str, ids) -> None:
        """Keep which rows hang on these ids now."""
        owners, held = self.there.setdefault((model, column), (set(), set()))
        held |= {row_id for row_id, _ in hanging(model, column, set(ids) - owners)}
        owners |= set(ids)

    def made(self, model, ids) -> None:
        self.new.setdefault(model, set()).update(ids)

    def write(self) -> None:
        """Compare, and write down what is other than before."""
        db.session.flush()
        rows = [row for model, ids in self.new.items() for row in self._new(model, ids)]
        for (model, column), (owners, held) in self.there.items():
            ids = {row_id for row_id, _ in hanging(model, column, owners)} - held - self.new.get(model, set())
            rows += self._new(model, ids)
        for model, held in self.before.items():
            held = {row_id: values for row_id, values in held.items() if row_id not in self.new.get(model, ())}
            rows += self._changed(model, held)
        if rows:
            db.session.execute(insert(ImportedRow), rows)

    def _new(self, model, ids):
        person = whose(model)
        columns = (model.id,) if person is None else (model.id, person)
        for some in batches(ids):
            for row in db.session.execute(select(*columns).where(model.id.in_(some))):
                yield self._row(model, row[0], row[1] if person is not None else None, "made", {}, {})

    def _changed(self, model, held: dict):
        person = whose(model)
        for row_id, values in snapshot(model, held).items():
            names = [name for name, value in values.items() if held[row_id].get(name) != value]
            gone = [name for name in held[row_id] if name not in values]
            if names or gone:
                whom = row_id if person is model.id else values.get("person_id")
                yield self._row(model, row_id, whom, "changed",
                                {name: held[row_id].get(name) for name in (*names, *gone)},
                                {name: values.get(name) for name in (*names, *gone)})

    def _row(self, model, row_id, person_id, outcome, before, after) -> dict:
        return {"account_id": current_account_id(), "created_at": now(), "import_id": self.import_id,
                "about": model.__tablename__, "row_id": row_id, "person_id": person_id, "outcome": outcome,
                "before": before, "after": after}


def whose(model):
    """The column that says whom a row is about, None when it is about nobody."""
    return model.id if model.__tablename__ == "people" else getattr(model, "person_id", None)


def batches(ids):
    ids = sorted(ids)
    return (ids[start:start + BATCH] for start in range(0, len(ids), BATCH))


def hanging(model, column: str, owners):
    for some in batches(owners):
        yield from db.session.execute(select(model.id, getattr(model, column)).where(
            getattr(model, column).in_(some))).tuples()


def snapshot(model, ids) -> dict[int, dict]:
    """Row id -> its values as JSON has them, those of a JSON column one by one (`custom.size`)."""
    columns = [column.key for column in inspect(model).column_attrs if column.key not in APART]
    db.session.flush()
    found = {}
    for some in batches(ids):
        for row_id, *values in db.session.execute(select(model.id, *(getattr(model, name) for name in columns)).where(
                model.id.in_(some))):
            found[row_id] = dict(flat(zip(columns, values, strict=True)))
    return found


def flat(pairs):
    for name, value in pairs:
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", plain(one)) for key, one in value.items())
        else:
            yield name, plain(value)


def plain(value):
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
