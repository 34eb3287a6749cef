"""Questions asked thousands of times: built and narrowed to an account once, then run on the session's connection.

    OWNERS = Prepared(lambda: select(Identity.kind, Identity.value).where(Identity.value.in_(many("values"))))
    OWNERS(values=[...]).all()

Columns only, never whole rows: those belong to the session, see `rows_of`. Every owned table in it is narrowed to the
account served. What the session has not written yet is written first when it concerns one of these tables.
"""
from functools import cached_property

from sqlalchemy import bindparam, inspect, select, text

from app.spine.compiled import run
from app.spine.db import current_account_id, db, is_postgres


def one(name: str):
    """The place of a value."""
    return bindparam(name)


def many(name: str):
    """The place of a list of values."""
    return bindparam(name, expanding=True)


class Prepared:
    """A select, made by `build` when it is first asked: by then every model is known.

    `fresh=False`: what the session has not written yet makes no difference to who asks.
    """

    def __init__(self, build, fresh: bool = True):
        self.build, self.fresh = build, fresh

    @cached_property
    def statement(self):
        statement = self.build()
        for table in self.tables:
            statement = statement.where(table.c.account_id == bindparam("account_id"))
        return statement

    @cached_property
    def tables(self) -> list:
        return self.build().get_final_froms()

    def __call__(self, **given):
        """Run it with these values."""
        session = db.session()
        if self.fresh and session.autoflush and self._unwritten(session):
            session.flush()
        return run(session.connection(), self.statement, {**given, "account_id": current_account_id()})

    def _unwritten(self, session) -> bool:
        return any(row.__table__ in self.tables for row in (*session.new, *session.dirty))


def straight(statement, given: dict):
    """Run a statement that no account narrows on the session's connection: of tables without one, or to learn whose a
    row is. Grep for it."""
    return db.session.connection().execute(statement, given)


def plan_anew() -> None:
    """Postgres, for this transaction: plan each statement for its own values. A plan kept from when a table was empty
    reads all of it once it is full."""
    if is_postgres():
        straight(text("SET LOCAL plan_cache_mode = force_custom_plan"), {})


def look_again() -> None:
    """Count anew how rows are spread, after many came at once: Postgres makes its kept plans again, SQLite stops taking
    a table for empty."""
    if not is_postgres():
        straight(text("PRAGMA analysis_limit=1000"), {})
    straight(text("ANALYZE"), {})


def keyless() -> None:
    """The transaction that begins now is not to look for children of rows it deletes: see `uprooting`."""
    if not is_postgres():
        db.session.connection(execution_options={"keyless": True})
    elif straight(text("SELECT current_setting('is_superuser') = 'on'"), {}).scalar():
        straight(text("SET LOCAL session_replication_role = replica"), {})


def rows_of(model, ids) -> list:
    """The rows with these ids, in their order; those the session holds are not asked for again."""
    session, ids, key = db.session(), list(ids), inspect(model).identity_key_from_primary_key
    known = {row_id: session.identity_map.get(key((row_id,))) for row_id in ids}
    missing = [row_id for row_id, row in known.items() if row is None]
    if missing:
        known |= {row.id: row for row in session.scalars(select(model).where(model.id.in_(missing)))}
    return [known[row_id] for row_id in ids if known[row_id] is not None]
