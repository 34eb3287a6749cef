"""A workbook, written while it is sent: its parts are text in a ZIP, and neither has to be whole before it begins.

Text is text, never a formula: it stands in cells of that type, and with the same apostrophe as in CSV for whoever saves
it as one. Numbers are numbers and moments are dates (UTC), so that they can be added up and sorted.
"""
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice

from app.kit import csv

MOST_ROWS, MOST_BYTES, MOST_LETTERS, BATCH = 1_048_576, 1 << 30, 32_767, 500       # of a sheet, and of a cell
IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STYLES = (f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2">'
          '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
          '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
          '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/>'
          '<name val="Calibri"/></font></fonts>'
          '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
          'patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/>'
          '</cellStyleXfs><cellXfs count="4"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="164" '
          'applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs>'
          '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>')


class Sent(io.RawIOBase):
    """What a ZIP writes into, and what has come out of it so far."""

    def __init__(self):
        self.held = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.held += data
        return len(data)

    def taken(self) -> bytes:
        out, self.held = bytes(self.held), bytearray()
        return out


def stream(header: Iterable, rows: Iterable[Iterable], title: str = "Sheet") -> Iterator[bytes]:
    """A workbook in pieces; more rows than a sheet can hold go on in the next."""
    sent, rows, sheets = Sent(), iter(rows), 0
    header = list(header)
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/styles.xml", STYLES)
        first = list(islice(rows, BATCH))
        while first or not sheets:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
                            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
                            'state="frozen"/></sheetView></sheetViews>'
                            f"<sheetData>{line(header, 1)}".encode())
                yield sent.taken()
                written, letters = 1, 0
                while first:
                    text = "".join(map(line, first)).encode()
                    sheet.write(text)
                    yield sent.taken()
                    written, letters = written + len(first), letters + len(text)
                    if written + BATCH > MOST_ROWS or letters > MOST_BYTES:
                        break
                    first = list(islice(rows, BATCH))
                sheet.write(b"</sheetData></worksheet>")
            first = first and list(islice(rows, BATCH))
        for name, text in frame(sheets, title):
            archive.writestr(name, text)
    yield sent.taken()


def line(row: Iterable, style: int = 0) -> str:
    """A row of cells."""
    return f"<row>{''.join([cell(value, style) for value in row])}</row>"


def cell(value, style: int = 0) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float | Decimal):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, datetime):
        return f'<c s="2"><v>{(value - EPOCH).total_seconds() / 86400:.8f}</v></c>'
    if isinstance(value, date):
        return f'<c s="3"><v>{(value - EPOCH.date()).days}</v></c>'
    text = csv.text(IMPOSSIBLE.sub("", str(value)))[:MOST_LETTERS]
    if "_x" in text:
        text = ESCAPED.sub("_x005F_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    told = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{told}><is><t xml:space="preserve">{text}</t></is></c>'


def frame(sheets: int, title: str) -> Iterator[tuple[str, str]]:
    """The parts that say what the others are."""
    numbers = range(1, sheets + 1)
    title = re.sub(r"[\[\]:*?/\\'&<>\"\x00-\x1f]", " ", title)[:24].strip() or "Sheet"
    names = "".join(f'<sheet name="{title}{"" if one == 1 else f" {one}"}" sheetId="{one}" r:id="rId{one}"/>'
                    for one in numbers)
    yield "xl/workbook.xml", f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>'
    parts = "".join(f'<Relationship Id="rId{one}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{one}.xml"/>'
                    for one in numbers)
    yield "xl/_rels/workbook.xml.rels", (
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{parts}<Relationship Id="rId{sheets + 1}" '
        f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>')
    yield "_rels/.rels", (f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
                          f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
    kinds = "".join(f'<Override PartName="/xl/worksheets/sheet{one}.xml" ContentType="application/vnd.openxmlformats-'
                    'officedocument.spreadsheetml.worksheet+xml"/>' for one in numbers)
    yield "[Content_Types].xml", (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.'
        'openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.main+xml"/><Override PartName="/xl/styles.xml" '
        f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{kinds}</Types>')
