"""Which tables tell of a person: what a copy of everything holds, and what erasing leaves behind.

Every owned table that leads to people by its keys tells, without being named. Erasing keeps its rows for the books and
replaces whatever still says who it was; `@tells(erase="delete")` lets them go, `@tells(blank=...)` empties columns.
"""
import re
from dataclasses import dataclass

from sqlalchemy import delete, false, inspect, or_, select, update

from app.kit.crypto import digest
from app.spine.db import current_account_id, db

ERASED = "[erased]"
OURS = {"public_id", "external_id", "provider_id", "automation_ref"}     # ids the books and the vendors need
CODED = {"state", "status", "kind", "currency", "interval", "channel", "category", "source", "purpose", "method",
         "credit", "outcome", "code", "failure_code", "reached", "step_id"}     # our words, whoever is called Grant
INWARD = {"account_id", "search_text", "folded", "told", "counted", "lease", "lease_until", "token"}
TELLING: dict[str, "Telling"] = {}
WAYS: dict[str, tuple] = {}


@dataclass(frozen=True)
class Telling:
    """One table: `key` is the column that leads to the person, or to the table `above` that does."""
    model: type
    key: str
    above: str | None
    erase: str
    blank: tuple

    def of(self, person_ids):
        """The criterion of the rows that tell of these people (ids, or a select of them)."""
        column = getattr(self.model, self.key)
        if self.above is None:
            return column.in_(person_ids)
        above = TELLING[self.above]
        return column.in_(select(above.model.id).where(above.of(person_ids)))


def tells(erase: str = "keep", blank: tuple = ()):
    """Say what erasing does to a model's rows; see the top of this file."""
    def named(model):
        WAYS[model.__tablename__] = (erase, blank)
        return model
    return named


def survey(base) -> None:
    """Find every table that leads to people, those above before those that hang on them."""
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in base.registry.mappers}
    for table in base.metadata.sorted_tables:
        if table.name in models and table.name != "people" and (lead := lead_of(table)):
            TELLING[table.name] = Telling(models[table.name], *lead, *WAYS.get(table.name, ("keep", ())))


def lead_of(table) -> tuple[str, str | None] | None:
    """The column by which a table leads to people, and the table between, if any."""
    keys = [(key.parent.name, key.column.table.name) for constraint in table.foreign_key_constraints
            for key in constraint.elements if len(constraint.elements) == 1]
    straight = [column for column, above in keys if above == "people"]
    around = [(column, above) for column, above in keys if above in TELLING]
    if straight:
        return ("person_id" if "person_id" in straight else straight[0]), None
    return around[0] if around else None


def copy_of(person_ids) -> dict[str, list[dict]]:
    """Table name -> its rows about these people, as plain values, without what only this software understands."""
    return {name: rows for name, telling in sorted(TELLING.items())
            if (rows := [shown(row) for row in db.session.scalars(
                select(telling.model).where(telling.of(person_ids)).order_by(telling.model.id))])}


def shown(row) -> dict:
    """What a row says, column by column."""
    table = row.__table__
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs
            if column.key not in INWARD and not (column.key.endswith("_id") and column.key != "public_id")
            and not (column.key == "id" and "public_id" in table.c)}


def forget(person_ids: list[int], words: set[str]) -> dict[str, int]:
    """Delete or blank everything that tells of these people. Table name -> rows touched."""
    touched, said = {}, pattern(parts_of(words))
    for name, telling in reversed(TELLING.items()):              # children first
        if telling.erase == "delete":
            done = db.session.execute(delete(telling.model).where(telling.of(person_ids)).execution_options(
                synchronize_session=False))
            touched[name] = done.rowcount
            continue
        rows = db.session.scalars(select(telling.model).where(telling.of(person_ids))).all()
        touched[name] = sum(blanked(row, telling.blank, said) for row in rows)
    return {name: count for name, count in touched.items() if count}


def blank(text, words: set[str], **values) -> int:
    """Put these values into the account's rows whose `text`, a column, says one of the words whole. How many rows."""
    model, said = text.class_, pattern(words)
    likely = select(model.id, text).where(model.account_id == current_account_id(), or_(
        false(), *(text.icontains(word, autoescape=True) for word in words)))
    rows = db.session.execute(likely.execution_options(yield_per=500))
    found = [row_id for row_id, held in rows if said.search(held)]
    return db.session.execute(update(model).where(model.id.in_(found)).values(**values).execution_options(
        synchronize_session=False)).rowcount


def pattern(words: set[str]) -> re.Pattern:
    """Any of these words of three letters or more, whole, in whatever case: never `ana@` within `diana@`."""
    parts = sorted({re.escape(word.strip()) for word in words if len(word.strip()) > 2}, key=len, reverse=True)
    return re.compile(rf"(?<![\w+-])(?<!\w\.)(?:{'|'.join(parts) or '(?!)'})(?![\w-]|\.\w)", re.I)


def parts_of(words: set[str]) -> set[str]:
    """The words, and each part of those that are several: a first name is said alone too."""
    return words | {part for word in words for part in word.split()}


def blanked(row, blank: tuple, said: re.Pattern) -> bool:
    """Empty the named columns and replace what tells in the others; whether anything changed."""
    changed = False
    for column in inspect(type(row)).column_attrs:
        value = getattr(row, column.key)
        if not isinstance(value, str | dict | list) or column.key in OURS | CODED:
            continue
        clean = empty(value) if column.key in blank else scrubbed(value, said)
        if clean != value:
            setattr(row, column.key, kept_apart(value) if column.key.endswith("key") else clean)
            changed = True
    return changed


def empty(value):
    return type(value)() if isinstance(value, dict | list) else None


def kept_apart(key: str) -> str:
    """A key must stay one of a kind, so that what it stands for is not done again."""
    return f"erased:{digest(key, 'erased')[:24]}"


def scrubbed(value, said: re.Pattern):
    """The same value with every string that says one of the words replaced whole."""
    if isinstance(value, dict):
        return {key: one if key in CODED else scrubbed(one, said) for key, one in value.items()}
    if isinstance(value, list):
        return [scrubbed(one, said) for one in value]
    return ERASED if isinstance(value, str) and said.search(value) else value
