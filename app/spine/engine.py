"""How connections to the database are set up, and how threads that use them take turns."""
import sys

from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from app.spine import turns

MAPPED = 256 << 20                   # bytes of the file read from memory that all processes share


class Hinting(SQLiteCompiler):
    """Writes `with_hint(model, "INDEXED BY ...", "sqlite")`, which SQLAlchemy leaves out for SQLite."""

    def get_from_hint_text(self, table, text):
        return text


TURN = 0.0002                        # seconds a thread may go on while another wants to


def share_the_interpreter() -> None:
    """Every statement gives Python's lock away, and a thread that computes keeps it for five milliseconds unless told
    otherwise: forty statements of a webhook would wait forty times."""
    sys.setswitchinterval(TURN)


def tune(engine, wait: int):
    """SQLite: WAL, foreign keys, write transactions that take their lock at BEGIN or give up after `wait` seconds."""
    if engine.dialect.name != "sqlite":
        return
    engine.dialect.statement_compiler = Hinting
    turns.queue_up(engine, wait)

    @event.listens_for(engine, "connect")
    def _connect(connection, _record):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"busy_timeout={wait * 1000}", "synchronous=NORMAL", "foreign_keys=ON",
                       "secure_delete=ON", f"mmap_size={MAPPED}", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection):
        reading, keyless = map(connection.get_execution_options().get, ("reading", "keyless"))
        if not reading:
            turns.take(engine, connection.info)
        if keyless or connection.info.pop("keyless", False):         # see `uprooting`; only before a transaction
            connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if keyless else 'ON'}")
            connection.info["keyless"] = bool(keyless)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
