"""The two ways to copy a running database: SQLite's online backup, Postgres's pg_dump, each at one moment."""
import os
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import MetaData, create_engine, func, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import Integer

PIECE = 1 << 20
MONEY = ("amount", "refunded", "total_spent", "account_amount")


class NoTool(RuntimeError):
    """pg_dump or pg_restore is not on this machine."""


def counts(bind) -> dict[str, list]:
    """Table name -> rows, then the sum of each column of money. `bind` is an engine or a connection."""
    if hasattr(bind, "connect"):
        with bind.connect().execution_options(reading=True) as connection:
            return counts(connection)
    tables, found = MetaData(), {}
    tables.reflect(bind, only=own_tables(bind))
    for name, table in tables.tables.items():
        sums = [func.coalesce(func.sum(column), 0) for column in table.c
                if column.name in MONEY and isinstance(column.type, Integer)]
        row = bind.execute(select(func.count(), *sums).select_from(table)).one()
        found[name] = [int(value) for value in row]
    return found


def own_tables(bind) -> list[str]:
    """Tables that hold rows, without those in which SQLite keeps a search index."""
    if bind.dialect.name != "sqlite":
        return inspect(bind).get_table_names()
    return list(bind.exec_driver_sql("select name from pragma_table_list where schema = 'main' and type = 'table' "
                                     "and name not like 'sqlite_%'").scalars())


def lived_in(engine) -> bool:
    """Whether anybody has an account here; False for a database without tables too."""
    with engine.connect().execution_options(reading=True) as connection:
        return (inspect(connection).has_table("accounts")
                and connection.exec_driver_sql("select 1 from accounts limit 1").scalar() is not None)


@contextmanager
def snapshot(engine):
    """(counts, pieces of the copy), both of the same moment, while others go on writing."""
    with (_of_sqlite if engine.dialect.name == "sqlite" else _of_postgres)(engine) as taken:
        yield taken


@contextmanager
def _of_sqlite(engine):
    with tempfile.TemporaryDirectory(dir=Path(engine.url.database).parent) as place:
        copy = Path(place) / "copy.db"
        with closing(sqlite3.connect(engine.url.database)) as live, closing(sqlite3.connect(copy)) as into:
            live.backup(into)                # in one step: a reader of the log, in nobody's way
            into.execute("PRAGMA journal_mode=DELETE")
        apart = create_engine(f"sqlite:///{copy}")
        try:
            yield counts(apart), _pieces(copy)
        finally:
            apart.dispose()


def _pieces(path):
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


@contextmanager
def _of_postgres(engine):
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        name = connection.exec_driver_sql("select pg_export_snapshot()").scalar()
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.exec_driver_sql(f"set local {limit} = 0")
        found = counts(connection)
        with _run("pg_dump", engine.url, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}",
                  stdout=subprocess.PIPE) as dump:
            yield found, iter(lambda: dump.stdout.read(PIECE), b"")
            _done(dump, "pg_dump")


@contextmanager
def scratch(url):
    """An engine on an empty database beside this one, gone afterwards; None when we may not make one."""
    if url.get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory(dir=Path(url.database).parent) as place:
            engine = create_engine(f"sqlite:///{place}/scratch.db")
            yield engine
            engine.dispose()
        return
    name = f"{url.database[:40]}_scratch_{uuid.uuid4().hex[:8]}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'create database "{name}"')
    except DBAPIError:
        admin.dispose()
        yield None
        return
    engine = create_engine(url.set(database=name))
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql(f'drop database "{name}" with (force)')
        admin.dispose()


def load(url, pieces) -> None:
    """Put the copy in the place of what this database holds."""
    if url.get_backend_name() == "sqlite":
        with tempfile.NamedTemporaryFile(dir=Path(url.database).parent, suffix=".db") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            with closing(sqlite3.connect(file.name)) as copy:
                with closing(sqlite3.connect(url.database, timeout=60)) as live:
                    copy.backup(live)
        return
    with _run("pg_restore", url, "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
              stdin=subprocess.PIPE) as into:
        for piece in pieces:
            into.stdin.write(piece)
        into.stdin.close()
        _done(into, "pg_restore")


def _run(tool: str, url, *options, **pipes):
    """The tool on this database; the password goes by the environment, never by the command line."""
    if shutil.which(tool) is None:
        raise NoTool(f"{tool} is not on this machine: install Postgres's client tools, or use your host's own backups")
    env = {**os.environ, "PGPASSWORD": url.password or ""}
    to = url.set(drivername="postgresql", password=None).render_as_string()
    return subprocess.Popen([tool, *options, f"--dbname={to}"], env=env, stderr=subprocess.PIPE, **pipes)  # noqa: S603


def _done(process, tool: str) -> None:
    words = process.stderr.read().decode("utf-8", "replace").strip()
    if process.wait() != 0:
        raise RuntimeError(f"{tool}: {words.splitlines()[-1] if words else process.returncode}")
