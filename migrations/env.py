"""One chain of migrations for SQLite and Postgres.

SQLite rewrites a table by copying it; with foreign keys on, that would delete the children of its rows. So migrations
run on a plain engine of their own with foreign keys off, check them afterwards, and keep a copy of the file first.
On Postgres an advisory lock lets one host migrate while others wait.
"""
import shutil
from datetime import UTC, datetime
from pathlib import Path

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from app.spine.db import Json, Utc, db

LOCK = 727_001


def render_item(kind, item, autogen):
    """Our own types under the names every migration can read."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is Json:
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def same_type(_context, _inspected, _column, inspected_type, metadata_type):
    """Types that differ in name alone between the databases are the same."""
    if isinstance(metadata_type, Utc):
        return False
    return None


def in_the_models(_object, name, *_more) -> bool:
    """Not what search keeps beside them: app/people/models/indexes.py."""
    return not (name or "").startswith("people_words")


def keep_copy(url) -> None:
    """Before migrating a SQLite file that has rows, put a copy beside it."""
    path = Path(url.database or "")
    if path.is_file() and path.stat().st_size > 0:
        engine = create_engine(url)
        with engine.connect() as connection:
            filled = "accounts" in inspect(connection).get_table_names()
            if filled:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        if filled:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            shutil.copy2(path, path.with_name(f"{path.stem}-before-{stamp}.db"))
            for old in sorted(path.parent.glob(f"{path.stem}-before-*.db"))[:-3]:
                old.unlink()


def moves() -> bool:
    """Whether this command leads to another revision than the database is at; looking at it does not."""
    try:
        wanted = context.get_revision_argument()
    except KeyError:
        return False
    wanted = {wanted} if isinstance(wanted, str) else set(wanted or ())
    return set(context.get_context().get_current_heads()) != wanted - {"base"}


def run() -> None:
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True,
                          render_item=render_item, compare_type=same_type, include_object=in_the_models,
                          user_module_prefix="", transaction_per_migration=False)
        if sqlite and moves():
            keep_copy(url)
        connection.rollback()
        with context.begin_transaction():
            if not sqlite:
                connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
            context.run_migrations()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"migration left rows without their parents: {broken[:5]}")
    engine.dispose()


run()
