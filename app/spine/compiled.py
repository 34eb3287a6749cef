"""A statement compiled once and handed to the driver itself. What SQLAlchemy does anew for each execution costs several
times what the database needs for a row; this is for the few statements that run thousands of times. Transaction, types
and errors stay SQLAlchemy's.
"""
from collections import namedtuple
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError


class From(NamedTuple):
    """Which of the given values a place of the text takes: its key, and its number when it is a list."""
    key: str
    place: int | None = None


class Found(list):
    """Rows as named tuples, under the names of a Result."""

    def all(self) -> list:
        return self

    def scalars(self) -> list:
        return [row[0] for row in self]

    def scalar(self):
        return self[0][0] if self else None


class Compiled:
    """The text of a statement for one driver; a list has its length in it, so each length is a text of its own."""

    def __init__(self, statement, dialect, names: tuple, lengths: tuple):
        made = statement.compile(dialect=dialect, column_keys=None if statement.is_select else list(names))
        lists = {name: [From(name, place) for place in range(length)] for name, length in lengths}
        told = made.construct_expanded_state({name: From(name) for name in names} | lists)
        left = {} if statement.is_select else {column.key: column.default for column in made.insert_prefetch}
        origin = {name: key for key, places in told.parameter_expansion.items() for name in places}
        self.text, self.ordered, self.binds = told.statement, told.positiontup is not None, []
        for name in told.positiontup or told.parameters:
            write = made.binds[origin.get(name, name)].type.dialect_impl(dialect).bind_processor(dialect)
            self.binds.append((name, *_origin(told.parameters[name], left.get(name), write), write))
        self.columns, self.dialect = list(statement.exported_columns), dialect
        self.row = namedtuple("Row", [column.key or column.name for column in self.columns], rename=True)
        self.dress = None                        # (place, how to read it), known once the driver tells its types

    def given(self, values: dict):
        """The values as the driver takes them: in their order, or by name."""
        told = []
        for name, source, fixed, write in self.binds:
            if source is None:
                told.append((name, fixed))
                continue
            if isinstance(source, From):
                value = values[source.key] if source.place is None else values[source.key][source.place]
            else:
                value = source(None)                              # a column's default
            told.append((name, write(value) if write is not None else value))
        return [value for _, value in told] if self.ordered else dict(told)

    def rows(self, cursor) -> Found:
        """What the statement gave, each value as its column's type reads it."""
        if self.dress is None:
            readers = [column.type.dialect_impl(self.dialect).result_processor(self.dialect, told[1])
                       for column, told in zip(self.columns, cursor.description, strict=True)]
            self.dress = [(place, read) for place, read in enumerate(readers) if read is not None]
        rows = cursor.fetchall()
        if self.dress:
            rows = [list(row) for row in rows]
            for row in rows:
                for place, read in self.dress:
                    row[place] = read(row[place])
        return Found(map(self.row._make, rows))


def _origin(value, default, write) -> tuple:
    """(where the value comes from or None, the value that is always said)."""
    if isinstance(value, From):
        return value, None
    if default is not None and default.is_callable:
        return default.arg, None
    fixed = default.arg if default is not None else value
    return None, write(fixed) if write is not None else fixed


@lru_cache(maxsize=1024)
def _compiled(statement, dialect, names: tuple, lengths: tuple) -> Compiled:
    return Compiled(statement, dialect, names, lengths)


def run(connection, statement, values: dict) -> Found:
    """Run a statement that lives as long as the process, with these values, on a connection of SQLAlchemy's."""
    lengths = tuple((name, len(value)) for name, value in values.items()
                    if isinstance(value, list | tuple)) if statement.is_select else ()
    made = _compiled(statement, connection.dialect, tuple(values), lengths)
    given, cursor = made.given(values), connection.connection.cursor()
    try:
        cursor.execute(made.text, given)
        return made.rows(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, made.text, given, error) from error
    finally:
        cursor.close()


def _told(connection, text, given, error):
    """The error as SQLAlchemy would raise it; a connection that broke leaves the pool."""
    dialect = connection.dialect
    gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    told = DBAPIError.instance(text, given, error, dialect.loaded_dbapi.Error, connection_invalidated=gone,
                               dialect=dialect, hide_parameters=connection.engine.hide_parameters)
    if gone:
        connection.invalidate(error)
    return told
