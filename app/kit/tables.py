"""A table that somebody else wrote: in which letters, with which sign between its cells, under which names."""
import codecs
import csv
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice

from app.kit.csv import LONGEST_FIELD, BadFile, BadLine

HEAD, ENOUGH = 1 << 18, 200
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows (Western European)",
             "latin-1": "Latin-1 (ISO 8859-1)"}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
OTHERS = {b"PK\x03\x04": "an Excel or Numbers file", b"\xd0\xcf\x11\xe0": "an old Excel file", b"%PDF": "a PDF",
          b"\x1f\x8b": "a compressed file", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture"}


@dataclass
class Table:
    """How a file is to be read, what its columns are called, some of its rows, and what was odd about it."""
    encoding: str = "utf-8"
    delimiter: str = ","
    names: list[str] = field(default_factory=list)
    samples: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def told(self) -> dict:
        """As JSON."""
        return asdict(self)

    def values(self, position: int) -> list[str]:
        """What the samples hold in one column."""
        return [cells[position] for cells in self.samples if position < len(cells) and cells[position]]


def look(path: str, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Find out how to read a file, or read it as told; raises BadFile in words."""
    with open(path, "rb") as file:
        first = file.read(HEAD)
    for start, what in OTHERS.items():
        if first.startswith(start):
            raise BadFile(f"This is {what}. Open it and save it as CSV, then try again.")
    encoding = encoding or encoding_of(path, first)
    text = first.decode(encoding, "replace" if len(first) == HEAD or encoding in ("utf-8", "utf-16") else "strict")
    text = text.removeprefix("\ufeff")
    if not text.strip("\ufeff \t\r\n\x00"):
        raise BadFile("The file is empty: it needs a row of column names and rows below it.")
    notes = ["It holds NUL characters; they are left out."] if "\x00" in text else []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(first) == HEAD:
        lines.pop()                                      # the last one is cut off
    delimiter = delimiter or delimiter_of(lines)
    header, *rows = sample(lines, delimiter) or [[]]
    names, odd = named(header)
    if not rows:
        raise BadFile("The file has column names and no rows below them: there is nothing to take in.")
    return Table(encoding, delimiter, names, rows, notes + odd)


def encoding_of(path: str, first: bytes) -> str:
    """By its mark, else UTF-8 when all of it can be read so, else what Windows writes."""
    for mark, name in MARKS:
        if first.startswith(mark):
            return "utf-8" if name == "utf-8-sig" else name
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open(path, "rb") as file:
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return "cp1252" if readable(path, "cp1252") else "latin-1"
    return "utf-8"


def readable(path: str, encoding: str) -> bool:
    """Whether every byte means something in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with open(path, "rb") as file:
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", True)
        except UnicodeError:
            return False
    return True


def delimiter_of(lines: list[str]) -> str:
    """The sign that parts the header into most columns, of which the rows below have as many."""
    def worth(sign):
        rows = sample(lines, sign, 20)
        wide = len(rows[0]) if rows else 0
        return sum(len(cells) == wide for cells in rows[1:]) * (wide > 1), wide
    return max(DELIMITERS, key=worth)


def sample(lines: list[str], delimiter: str, most: int = ENOUGH) -> list[list[str]]:
    """The first records that are not blank."""
    found = []
    try:
        for cells in csv.reader((f"{line}\n" for line in lines), delimiter=delimiter):
            if any(map(str.strip, cells)):
                found.append([clean(cell)[:2000] for cell in cells])
            if len(found) > most:
                break
    except csv.Error:                                    # too long a cell: rows are refused one by one later
        pass
    return found


def clean(cell: str) -> str:
    """A cell without NUL and outer space."""
    return cell.replace("\x00", "").strip()


def named(header: list[str]) -> tuple[list[str], list[str]]:
    """Names by which columns can be told apart, and what had to be done for that."""
    names, notes = [], []
    for position, name in enumerate(header, 1):
        plain = " ".join(name.split())[:200]
        if not plain:
            plain = f"Column {position}"
            notes.append(f"Column {position} has no name.")
        if plain.casefold() in (one.casefold() for one in names):
            told = f"{plain} ({position})"
            notes.append(f"The column {plain} comes twice; the one in place {position} is called {told} here.")
            plain = told
        names.append(plain)
    return names, notes


def plain_copy(path: str, table: Table, target: str) -> None:
    """The file in UTF-8 with our line ends; raises BadFile where a letter cannot be read."""
    with open(path, encoding="utf-8-sig" if table.encoding == "utf-8" else table.encoding, newline=None) as source, \
            open(target, "w", encoding="utf-8", newline="") as file:
        try:
            while piece := source.read(1 << 20):
                file.write(piece)
        except UnicodeError:
            raise BadFile(f"The file is not {ENCODINGS.get(table.encoding, table.encoding)} throughout. "
                          "Choose another encoding.") from None


def records(path: str, table: Table, at: int = 0, row: int = 1) -> Iterator[tuple[int, dict | BadLine, int]]:
    """(row, {column: text}, the byte where the next one starts) of a plain copy, from a place on.

    Rows are numbered as a spreadsheet does: the header is row 1. Blank lines are passed over.
    """
    with open(path, "rb") as file:
        file.seek(at)
        place = [at]

        def lines():
            for line in file:
                place[0] += len(line)
                yield line.decode("utf-8")
        reader, names = csv.reader(lines(), delimiter=table.delimiter), table.names
        if at == 0:
            next(iter(_with_something(reader)), None)
        while True:
            row += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield row, BadLine(f"a cell has over {LONGEST_FIELD:,} characters"), place[0]
                continue
            if any(map(str.strip, cells)):
                yield row, told(names, cells), place[0]


def _with_something(reader):
    return islice((cells for cells in reader if any(map(str.strip, cells))), 1)


def told(names: list[str], cells: list[str]) -> dict | BadLine:
    """A record by its columns' names; empty cells beyond the last column are overlooked."""
    if len(cells) > len(names) and not any(map(str.strip, cells[len(names):])):
        cells = cells[:len(names)]
    if len(cells) != len(names):
        return BadLine(f"{len(cells)} cells where the header has {len(names)}")
    return {name: clean(cell) for name, cell in zip(names, cells, strict=True)}


def folded(words: str) -> str:
    """A column's name as names are compared: no accents, no signs, lower case."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    letters = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.split())
