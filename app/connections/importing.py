"""CSV files of any domain, taken in by the chunk: `flask import KIND FILE --account SLUG`.

A domain registers the kind it owns, in a module that its `listens.py` imports:

    @imports("fx", needs=("date", "currency", "rate"), columns=("date", "currency", "rate"))
    def rates(chunk: Chunk) -> None:
        for row in chunk.rows:
            try:
                day, rate = row.day("date"), row.decimal("rate", least=0)
            except BadRow as error:
                chunk.bad(row, error)
                continue
            chunk.count(keep_rate(day, row.text("currency"), rate))      # created, updated or unchanged

A chunk holds up to 500 rows; look things up for all of them at once. It runs in a transaction of its own: when the
function raises, all of the chunk is undone and its rows are taken one by one, so that only the bad one stays out.
`needs` are columns that must be there; "a|b" means one of them. `aliases` maps other headers to a column's name.
Columns nobody knows are in `row.extra`. `chunk.memory` is a dict that lives as long as the file.

For the wizard a kind also names its columns to people (`shown`) and says which rows of a file concern the same thing
(`alike`: a row -> keys), so that a dry run counts right without holding the database. What a chunk is about to touch it
says with `chunk.watch`, `chunk.expect` and `chunk.made`: an import that is written down can be undone.
"""
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.exc import DBAPIError, OperationalError

from app.kit import csv
from app.spine.db import db
from app.spine.prepared import look_again, plan_anew

from .rows import BadRow, Row

KINDS: dict[str, "Kind"] = {}
CHUNK, MANY = 500, 5000
MOST_ERRORS = 10_000


@dataclass(frozen=True)
class Kind:
    """One kind of file: what it needs, what it knows, and the function that takes a chunk."""
    name: str
    take: Callable
    needs: tuple[str, ...]
    columns: tuple[str, ...]
    aliases: dict
    label: str = ""
    shown: tuple = ()
    alike: Callable = lambda row: ()

    def check_header(self, names: list[str]) -> None:
        """Raise BadFile when a needed column is missing."""
        there = {self.aliases.get(name, name) for name in names}
        missing = [need.replace("|", " or ") for need in self.needs if not there & set(need.split("|"))]
        if missing:
            raise csv.BadFile(f"This is no file of {self.name}: the column {', '.join(missing)} is missing. "
                              f"The header should be {', '.join(self.columns)}.")


@dataclass
class Chunk:
    """Some rows of a file on their way in, and what became of them."""
    rows: list[Row]
    memory: dict = field(default_factory=dict)
    counts: dict = field(default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0})
    errors: list = field(default_factory=list)
    notes: object = None              # files.imports.noting.Notes, where what is done is written down

    def watch(self, model, ids) -> None:
        """These rows may change now."""
        if self.notes and ids:
            self.notes.watch(model, ids)

    def expect(self, model, column: str, ids) -> None:
        """Rows may be added that hang on these ids by this column."""
        if self.notes and ids:
            self.notes.expect(model, column, ids)

    def made(self, model, ids) -> None:
        """These rows were added."""
        if self.notes and ids:
            self.notes.made(model, ids)

    def count(self, outcome: str, number: int = 1) -> None:
        """One row became `created`, `updated` or `unchanged`."""
        self.counts[outcome] += number

    def bad(self, row: Row, reason) -> None:
        """Leave this row out and say why."""
        self.errors.append({"row": row.number, "reason": str(reason)})


@dataclass
class Import:
    """The whole run: counts and complaints so far."""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    errors: list = field(default_factory=list)

    def add(self, chunk: Chunk) -> None:
        for name, number in chunk.counts.items():
            setattr(self, name, getattr(self, name) + number)
        self.complain(chunk.errors)

    def complain(self, errors: list) -> None:
        self.skipped += len(errors)
        self.errors += errors[:max(0, MOST_ERRORS - len(self.errors))]

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.skipped


def imports(name: str, *, needs=(), columns=(), aliases=None, **shown):
    """Name the function that takes chunks of this kind of file; `shown` is what the wizard needs, see the top."""
    def take(function):
        KINDS[name] = Kind(name, function, tuple(needs), tuple(columns), dict(aliases or {}), **shown)
        return function
    return take


def run(name: str, path: str, *, dry: bool = False, progress: Callable[[Import], None] | None = None) -> Import:
    """Take in a file for the account being served. Commits chunk by chunk; a dry run rolls everything back.

    Raises BadFile for a file refused as a whole and KeyError for an unknown kind.
    """
    kind, done, memory = KINDS[name], Import(), {}
    csv.refuse_unreadable(path)
    kind.check_header(csv.header_of(path))
    try:
        for rows, errors in _chunks(kind, path):
            done.complain(errors)
            plan_anew()
            done.add(take(kind, rows, memory, apart=not dry))
            if not dry:
                db.session.commit()
            if progress:
                progress(done)
        if done.rows > MANY and not dry:
            look_again()
            db.session.commit()
    finally:
        db.session.rollback()
    done.errors.sort(key=lambda error: error["row"])
    return done


def _chunks(kind: Kind, path: str) -> Iterator[tuple[list[Row], list[dict]]]:
    records = csv.records(path)
    while batch := list(islice(records, CHUNK)):
        yield ([Row.made(number, cells, kind) for number, cells in batch if isinstance(cells, dict)],
               [{"row": number, "reason": cells.reason} for number, cells in batch if not isinstance(cells, dict)])


def take(kind: Kind, rows: list[Row], memory: dict, apart: bool = False, notes=None) -> Chunk:
    """The whole chunk at once, or row by row when that fails.

    `apart`: the transaction holds nothing else, so that all of it may be taken back. On SQLite a savepoint makes every
    statement that fires triggers many times slower.
    """
    chunk = Chunk(rows, memory, notes=notes)
    if not rows:
        return chunk
    try:
        with nullcontext() if apart else db.session.begin_nested():
            kind.take(chunk)
            db.session.flush()
        return chunk
    except OperationalError:                   # the database was busy or away: no row is to blame
        raise
    except (ValueError, DBAPIError, OverflowError) as error:
        if apart:
            db.session.rollback()
        memory.clear()                         # it may know rows that were just undone
        if len(rows) > 1:
            whole = Chunk(rows)
            for row in rows:
                alone = take(kind, [row], memory, notes=notes)
                whole.errors += alone.errors
                for outcome, number in alone.counts.items():
                    whole.count(outcome, number)
            return whole
        failed = Chunk(rows)
        failed.bad(rows[0], error if isinstance(error, ValueError) else "the database would not take this row")
        return failed


__all__ = ["KINDS", "BadRow", "Chunk", "Import", "Row", "imports", "run", "take"]
