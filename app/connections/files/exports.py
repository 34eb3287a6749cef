"""Files that leave the house: ordered, listed, and sent line by line while they are read.

A domain fills the slot `export` with what it gives out: an object with `kind`, `columns()` (name -> heading), `usual`
(names), `find(args) -> (title, asked, rows)` and `lines(export) -> iterator`, a line having a cell for each column.
"""
import re
from zoneinfo import ZoneInfo

from flask import Response, stream_with_context

from app.accounts import audited, current_account
from app.kit import csv, xlsx
from app.kit.clock import now
from app.kit.dress import slug
from app.spine.db import db, while_served
from app.spine.slots import filled

from .models import Export

FORMATS = {"csv": "CSV, for any program", "xlsx": "Excel workbook (XLSX)"}
NAMELESS = slug("")                          # of a title in letters that addresses do not take
ODD = re.compile(r"[^A-Za-z0-9._-]+")       # in a file's name, where a header has to carry it
TYPES = {"csv": "text/csv", "xlsx": xlsx.TYPE}


class BadOrder(ValueError):
    """No such format, kind or column."""

    def __init__(self, words: str, field: str):
        super().__init__(words)
        self.field = field


def giver(kind: str):
    """Who gives out files of this kind."""
    found = {one.kind: one for one, _traits in filled("export")}
    if kind not in found:
        raise BadOrder(f"There is no export of {kind}; there are {', '.join(sorted(found))}.", "kind")
    return found[kind]


def order(kind: str, args, file_format: str = "csv", columns=None, by=None) -> Export:
    """A line in the list of exports; raises BadOrder. Commits nothing."""
    theirs = giver(kind)
    names, known = list(columns or theirs.usual), theirs.columns()
    if file_format not in FORMATS:
        raise BadOrder(f"The format is one of {', '.join(FORMATS)}.", "format")
    if unknown := [name for name in names if name not in known]:
        raise BadOrder(f"There is no column {unknown[0]}; there are {', '.join(known)}.", "columns")
    title, asked, rows = theirs.find(args)
    day = now().astimezone(ZoneInfo(current_account().timezone)).date()
    stem = slug(title) if slug(title) != NAMELESS else kind
    one = Export(kind=kind, format=file_format, title=title, asked=asked, columns=names, rows=rows,
                 file_name=f"{stem}-{day}.{file_format}", by_id=by.id if by else None)
    db.session.add(one)
    db.session.flush()
    return one


def sent(one: Export) -> Response:
    """The file itself, streamed as the house stands now, and a line in the audit trail. Commits."""
    theirs = giver(one.kind)
    known, rows = theirs.columns(), while_served(theirs.lines(one))
    header = [known.get(name, name) for name in one.columns]
    one.taken_at = now()
    audited(db.session, "export", one.kind, one.public_id, after={
        **one.asked, "rows": one.rows, "file": one.file_name, "columns": len(one.columns)})
    name, file_format, title = ODD.sub("-", one.file_name)[:150], one.format, one.title
    db.session.commit()
    lines = csv.stream(header, rows) if file_format == "csv" else xlsx.stream(header, rows, title)
    return Response(stream_with_context(lines), mimetype=TYPES[file_format], headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})
