"""Answers that cost much, kept in this process until anything at all is committed or the next minute of product time.

What says that nothing was committed: SQLite's data_version, asked by a connection that never writes; Postgres' own
snapshot. Both are read before the answer is made, so an answer is never older than its mark says.
"""
import threading
from collections import OrderedDict

from flask import current_app, g
from sqlalchemy import func, select

from app.kit.clock import now
from app.spine.db import current_account_id, db, is_postgres

MOST = 200                           # answers
ASK = object()
_kept: OrderedDict = OrderedDict()
_lock = threading.Lock()


class Watch:
    """SQLite's count of commits by anybody, as one connection sees it that does nothing else."""

    def __init__(self, engine):
        self.connection, self.lock = engine.raw_connection(), threading.Lock()
        self.connection.detach()

    def mark(self) -> int:
        with self.lock:
            return self.connection.cursor().execute("PRAGMA data_version").fetchone()[0]


def note_mark() -> None:
    """Before a request reads: how far the database was. Postgres is asked when somebody wants to know."""
    if is_postgres():
        g.mark = ASK
    else:
        engine = db.engine
        with _lock:
            watch = current_app.extensions.setdefault("memory", {}).get(engine.url) or Watch(engine)
            current_app.extensions["memory"][engine.url] = watch
        g.mark = watch.mark()


def _mark():
    """What was noted; None where nobody did, as in a request that writes."""
    if g.get("mark") is ASK:
        g.mark = db.session.scalar(select(func.pg_current_snapshot().cast(db.String)))
    return g.get("mark")


def remembered(name: str, key, make):
    """(answer, whether it was kept) of `make()`, for the account served. `key` holds whatever else it depends on."""
    mark, place = (_mark(), now().replace(second=0, microsecond=0)), (db.engine.url, current_account_id(), name, key)
    held = _kept.get(place)
    if mark[0] is not None and held and held[0] == mark:
        return held[1], True
    answer = make()
    with _lock:
        _kept[place] = mark, answer
        _kept.move_to_end(place)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return answer, False
