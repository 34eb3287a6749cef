"""The steps of an import: bring a file, say what its columns are, try it, run it, take it back."""
import os
from pathlib import Path

from app.accounts import audited
from app.connections.importing import KINDS
from app.kit import tables
from app.kit.csv import BadFile
from app.spine.db import db

from ..models import AT_WORK, CANCELED, CHECKED, CHECKING, MAPPING, REVERSING, RUNNING, Import
from .columns import KEEP, LEAVE, choices, guessed, known_as, missing, offered, recognised
from .jobs import wake
from .mapping import order_in
from .pieces import forget, pieces, received, room, store
from .taking import cancel

CONSENTS = {"granted": "They agreed to marketing mail", "withdrawn": "They did not agree to marketing mail",
            "": "I do not know"}
BUSY = "This import is at work. Wait until it is through, or stop it."


class BadStep(ValueError):
    """A step that cannot be taken, in words; `field` is what has to be looked at."""

    def __init__(self, words: str, field: str = ""):
        super().__init__(words)
        self.field = field


def begin(stream, file_name: str, by=None, kind: str | None = None) -> Import:
    """Keep a file and say what it seems to be; raises BadFile. Commits."""
    path = received(stream)
    try:
        table = tables.look(path)
        found, theirs = recognised(table)
        if kind and kind != found:
            found, theirs = kind, None
        one = Import(kind=found, file_name=Path(file_name.replace("\\", "/")).name[:200] or "pasted.csv",
                     size=os.path.getsize(path), by_id=by.id if by else None)
        _learn(one, table, theirs)
        db.session.add(one)
        db.session.commit()
        store(one, path)
    finally:
        path.unlink(missing_ok=True)
    return one


def _learn(one: Import, table: tables.Table, theirs) -> None:
    kind = KINDS[one.kind]
    one.table, one.foreign = table.told(), theirs.label if theirs else None
    one.mapping = guessed(table, kind, theirs)
    order = order_in(table, kind, one.mapping)
    one.dates = order if order in ("dmy", "mdy") else "dmy"


def read_again(one: Import, kind: str, encoding: str, delimiter: str) -> None:
    """Look at the file once more, in other letters, with another sign between cells or as another kind."""
    if kind not in offered() or encoding not in tables.ENCODINGS or delimiter not in tables.DELIMITERS:
        raise BadStep("That is none of the choices.", "kind")
    _free(one)
    path = room() / f"{one.public_id}.again"
    with path.open("wb") as file:
        for body in pieces(one, "file"):
            file.write(body)
    try:
        table = tables.look(path, encoding, delimiter)
    except (BadFile, UnicodeError) as error:
        words = str(error) if isinstance(error, BadFile) else f"The file is not {tables.ENCODINGS[encoding]}."
        raise BadStep(words, "encoding") from None
    finally:
        path.unlink()
    _stale(one)
    one.kind = kind
    _learn(one, table, known_as(one.foreign) if one.foreign and known_as(one.foreign).kind == kind else None)


def decide(one: Import, mapping: dict, dates: str, origin: str, consent: str) -> None:
    """Where each column goes, which way dates are written, where these people come from and what they agreed to."""
    _free(one)
    kind = KINDS[one.kind]
    places = {place for place, _ in choices(kind)}
    full = {name: mapping.get(name, LEAVE) for name in one.table["names"]}
    wrong = sorted({place for place in full.values() if place not in places})
    if wrong:
        raise BadStep(f"There is no place called {wrong[0]}.", "mapping")
    if words := missing(kind, full):
        raise BadStep(words, "mapping")
    if dates not in ("dmy", "mdy"):
        raise BadStep("Say whether the day or the month comes first.", "dates")
    if consent not in CONSENTS:
        raise BadStep("Say what they agreed to.", "consent")
    if not origin.strip():
        raise BadStep("Say where these people come from. It is kept with them.", "origin")
    one.mapping, one.dates, one.origin, one.consent = full, dates, origin.strip()[:500], consent


def start(one: Import, state: str) -> None:
    """Try it (CHECKING), take it in (RUNNING) or take it back (REVERSING); part of the transaction."""
    _free(one)
    if state == REVERSING and not one.reversible:
        raise BadStep("There is nothing left to undo: it was undone, it did nothing, or it is over 30 days old.")
    if state != REVERSING and one.state not in (MAPPING, CHECKED):
        raise BadStep("This import is over. Bring the file again.")
    if not one.origin:
        raise BadStep("Say first what the columns are and where these people come from.")
    if state != REVERSING:
        forget(one, "refused")
    one.move(state)
    audited(db.session, {CHECKING: "check", RUNNING: "import", REVERSING: "undo"}[state], "imports", one.public_id,
            after={"file": one.file_name, "kind": one.kind, "origin": one.origin, "consent": one.consent})
    wake()


def stop(one: Import) -> None:
    """A dry run goes back to its columns; an import that runs keeps what is in; one not begun is let go."""
    if one.state == CHECKING:
        _stale(one)
    elif one.state in (MAPPING, CHECKED, RUNNING):
        cancel(one)
    else:
        raise BadStep("This import is over.")


def _stale(one: Import) -> None:
    one.state, one.counts, one.checked, one.reasons, one.error, one.at = MAPPING, {}, {}, [], None, 0
    forget(one, "refused")


def _free(one: Import) -> None:
    if one.state in AT_WORK:
        raise BadStep(BUSY)
    if one.state == CANCELED and not one.began_at:
        raise BadStep("This import was let go. Bring the file again.")


__all__ = ["CHECKED", "CHECKING", "CONSENTS", "KEEP", "REVERSING", "RUNNING", "BadFile", "BadStep", "begin", "choices",
           "decide", "offered", "read_again", "start", "stop"]
