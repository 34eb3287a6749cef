"""CSV out that no spreadsheet mistakes for a formula, and CSV in that says what is wrong with it."""
import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from app.kit.clock import iso

LARGEST = 200 * 1024 * 1024
LONGEST_FIELD = 131_072
BATCH = 500
SILENT = " \u00a0\ufeff\u200b\u200c\u200d\u2060\u180e"             # what a spreadsheet overlooks before a formula
OVERLOOKED = f"{SILENT}'"
FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")


class BadFile(ValueError):
    """A file refused as a whole; the message says why."""


@dataclass(frozen=True)
class BadLine:
    """A record that cannot be read."""
    reason: str


def cell(value) -> str | int | float:
    """A value as it may stand in a spreadsheet: text that could act gets a leading apostrophe."""
    write = WRITTEN.get(type(value))             # exact types: a file has millions of cells
    return write(value) if write else text(str(value))


def text(words: str) -> str:
    """Text, defused where a spreadsheet would take it for a formula; and where it looks as if it had been, so that
    whoever takes the apostrophe away again has what there was."""
    if words[:1].isalnum() or not words.lstrip(SILENT if words[:1] != "'" else OVERLOOKED).startswith(FORMULA):
        return words
    return f"'{words}"


def _cells(row) -> list:
    """Most cells are words that begin with a letter or digit: those need no call."""
    return [value if value.__class__ is str and value[:1].isalnum() else cell(value) for value in row]


def unchanged(value):
    return value


WRITTEN = {str: text, type(None): lambda _: "", bool: lambda value: "true" if value else "false", int: unchanged,
           float: unchanged, Decimal: unchanged, datetime: iso, date: date.isoformat}


def stream(header: Iterable[str], rows: Iterable[Iterable]) -> Iterator[str]:
    """A CSV file in pieces of some hundred lines, every cell quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow([cell(name) for name in header])
    rows = iter(rows)
    while batch := [_cells(row) for row in islice(rows, BATCH)]:
        writer.writerows(batch)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def refuse_unreadable(path: str) -> None:
    """Raise BadFile unless the whole file is UTF-8 text of at most 200 MB."""
    if not os.path.isfile(path):
        raise BadFile(f"There is no file {os.path.basename(path)}.")
    if os.path.getsize(path) > LARGEST:
        raise BadFile("The file is over 200 MB. Split it into smaller ones.")
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                line += piece[:error.start].count(b"\n")
                raise BadFile(f"The file is not UTF-8 (line {line}). Save it as CSV UTF-8 and try again.") from None
            line += piece.count(b"\n")
        if decoder.getstate()[0]:
            raise BadFile("The file is not UTF-8: it ends in the middle of a character.")


def header_of(path: str) -> list[str]:
    """The column names, trimmed and in lower case; BadFile when there are none or one comes twice."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            first = next(csv.reader(file), None)
        except csv.Error as error:
            raise BadFile(f"The header cannot be read: {error}.") from None
    names = [name.strip().lower() for name in first or []]
    if not any(names):
        raise BadFile("The file is empty: it needs a header row.")
    if len(names) == 1 and names[0].count(";") + names[0].count("\t") > 0:
        raise BadFile("The columns are not separated by commas.")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadFile(f"The header has {', '.join(twice)} twice.")
    return names


def records(path: str) -> Iterator[tuple[int, dict | BadLine]]:
    """(row, {column: text}) as a spreadsheet numbers rows: the header is row 1. Blank lines are passed over."""
    names = header_of(path)
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        number = 1
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield number, BadLine(f"line {reader.line_num} too long: a cell has over {LONGEST_FIELD:,} characters")
                continue
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(names):
                yield number, BadLine(f"{len(cells)} cells where the header has {len(names)}")
            else:
                yield number, {name: text.replace("\x00", "").strip() for name, text in zip(names, cells, strict=True)
                               if name}
