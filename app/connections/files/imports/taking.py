"""An import that runs: a chunk a transaction, with what it did, what it refused and where the next one begins."""
import io
import time
from itertools import islice

from sqlalchemy import update

from app.connections.importing import CHUNK, KINDS, MANY, MOST_ERRORS, Chunk, take
from app.connections.rows import BadRow
from app.kit import csv, tables
from app.spine.db import db
from app.spine.failpoints import point, reach
from app.spine.prepared import look_again, plan_anew

from ..models import CANCELED, DONE, FAILED, RUNNING, Import
from .mapping import Mapping
from .noting import Notes
from .pieces import forget, laid_out, put_aside

SLICE = 15                                 # seconds, then whatever else waits in the lane has its turn
SHOWN = 50
BEFORE = point("import.before_commit", "a chunk of a file is taken in and not yet committed")
AFTER = point("import.after_commit", "a chunk of a file is committed and the next one not begun")


def run(one: Import, seconds: float = SLICE) -> bool:
    """Go on where it stopped, for so long; True while there is more. Commits chunk by chunk."""
    end, memory = time.monotonic() + seconds, {}
    try:
        path, mapping = laid_out(one), Mapping(one)
        if not one.rows:
            one.rows = sum(1 for _ in tables.records(path, one.shape))
            db.session.commit()
        rows = tables.records(path, one.shape, one.at, one.row)
        while chunk := list(islice(rows, CHUNK)):
            if not step(one, mapping, chunk, memory):
                return False
            if time.monotonic() > end:
                return True
    except csv.BadFile as refused:
        db.session.rollback()
        finish(one, FAILED, str(refused))
        return False
    finish(one, DONE)
    return False


def step(one: Import, mapping: Mapping, chunk: list, memory: dict) -> bool:
    """One chunk, whole or not at all; False when somebody else moved the import meanwhile."""
    plan_anew()
    began, notes = one.at, Notes(one)
    read, refused = understood(mapping, chunk)
    took = take(KINDS[one.kind], read, memory, apart=True, notes=notes)
    notes.write()
    refused |= {error["row"]: error["reason"] for error in took.errors}
    told = counted(one.counts, took, len(refused))
    if refused:
        put_aside(one, lines(one, chunk, refused, head=not one.counts.get("skipped")))
    row, _, at = chunk[-1]
    moved = db.session.execute(update(Import).where(
        Import.id == one.id, Import.state == RUNNING, Import.at == began).values(
        counts=told, at=at, row=row, reasons=(one.reasons + reasons(refused))[:SHOWN])
        .execution_options(synchronize_session=False))
    if moved.rowcount != 1:
        db.session.rollback()
        return False
    reach(BEFORE)
    db.session.commit()
    reach(AFTER)
    return True


def understood(mapping: Mapping, chunk: list) -> tuple[list, dict]:
    """(rows, row number -> why it cannot be one)."""
    read, refused = [], {}
    for number, cells, _ in chunk:
        try:
            if not isinstance(cells, dict):
                raise BadRow(cells.reason)
            read.append(mapping.row(number, cells))
        except BadRow as error:
            refused[number] = str(error)
    return read, refused


def counted(counts: dict, took: Chunk, refused: int) -> dict:
    """The counts so far with those of a chunk."""
    more = {**took.counts, "skipped": refused}
    return {name: counts.get(name, 0) + number for name, number in more.items()}


def reasons(refused: dict) -> list[dict]:
    return [{"row": row, "reason": why} for row, why in sorted(refused.items())]


def lines(one: Import, chunk: list, refused: dict, head: bool) -> str:
    """The refused rows as they were, with the reason in front, for a file that can be mended and brought again."""
    names, file = one.table["names"], io.StringIO()
    header = ["row", "reason", *names]
    cells = {number: cells for number, cells, _ in chunk}
    rows = ([row, why, *(cells[row].get(name, "") if isinstance(cells[row], dict) else "" for name in names)]
            for row, why in sorted(refused.items())[:MOST_ERRORS])
    for text in csv.stream(header, rows):
        file.write(text)
    return file.getvalue() if head else file.getvalue().split("\r\n", 1)[1]


def finish(one: Import, state: str, error: str | None = None) -> None:
    """The end, good or bad; the uploaded file is let go. Commits."""
    one = db.session.get(Import, one.id)
    if one.state != RUNNING:
        return
    one.move(state)
    one.error = error
    forget(one, "file")
    if one.done > MANY:
        look_again()
    reach(BEFORE)
    db.session.commit()


def cancel(one: Import) -> None:
    """Stop: what is in stays in, and can be undone."""
    one.move(CANCELED)
    forget(one, "file")
