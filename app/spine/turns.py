"""SQLite has one writer at a time, and those who wait only look again after ever longer naps. Here they queue instead.

A write transaction first takes the lock of a file beside the database; whoever waits looks every millisecond.
SQLite's own lock still decides; programs that do not queue are merely less lucky. Long work asks `wanted()` and
commits when somebody waits.
"""
import fcntl
import os
import sqlite3
import threading
import time

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

LOOK = 0.001
ASIDE = 0.05                         # seconds that long work steps aside for, at most
_mine = threading.local()


class TwoTurns(RuntimeError):
    """A thread that is writing asked to write through a second connection: it would wait for itself."""


def queue_up(engine, patience: float) -> None:
    """Have the engine's write transactions queue, for `patience` seconds at most; in memory there is no queue."""
    engine.patience = patience
    if not engine.url.database or engine.url.database == ":memory:":
        return
    engine.turns = engine.url.database

    @event.listens_for(engine, "checkin")
    def _leave(_connection, record):
        let_go(record.info)

    @event.listens_for(engine, "close")
    def _close(_connection, record):
        let_go(record.info)
        for place in record.info.pop("turns", ()):
            os.close(place)


def take(engine, info: dict) -> None:
    """Wait for this connection's turn; kept until the connection goes back to its pool."""
    path = getattr(engine, "turns", None)
    if path is None or info.get("writing"):
        return
    held = getattr(_mine, "held", None)
    mine = (path, threading.get_ident())
    if held and held.get("writing") == mine:         # a connection given back may be another thread's by now
        raise TwoTurns("this thread is already writing through another connection")
    if "turns" not in info:
        info["turns"] = [os.open(f"{path}.{name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                         for name in ("turn", "waiting")]
    turn, waiting = info["turns"]
    if getattr(_mine, "long", False):
        _step_aside(waiting)
    if not _try(turn):
        fcntl.flock(waiting, fcntl.LOCK_SH)
        try:
            _stand_in_line(turn, engine.patience)
        finally:
            fcntl.flock(waiting, fcntl.LOCK_UN)
    info["writing"], _mine.held = mine, info


def _stand_in_line(turn: int, seconds: float) -> None:
    """Look every millisecond; raises what SQLite itself would say when it takes too long."""
    end = time.monotonic() + seconds
    while not _try(turn):
        if time.monotonic() > end:
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        time.sleep(LOOK)


def long_work() -> None:
    """This thread works in the background: before each of its turns those who stand in line go first."""
    _mine.long = True


def _step_aside(waiting: int) -> None:
    end = time.monotonic() + ASIDE
    while _somebody(waiting) and time.monotonic() < end:
        time.sleep(LOOK / 2)


def let_go(info: dict) -> None:
    """The next one's turn."""
    if info.pop("writing", False):
        fcntl.flock(info["turns"][0], fcntl.LOCK_UN)


def wanted() -> bool:
    """Whether somebody waits for the turn this thread has."""
    held = getattr(_mine, "held", None)
    mine = bool(held) and held.get("writing", (None, None))[1] == threading.get_ident()
    return mine and _somebody(held["turns"][1])


def _somebody(waiting: int) -> bool:
    if not _try(waiting):
        return True
    fcntl.flock(waiting, fcntl.LOCK_UN)
    return False


def _try(place: int) -> bool:
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
