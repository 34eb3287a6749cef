"""A workbook as a spreadsheet would read it, with the standard library alone."""
import io
import zipfile
from xml.etree import ElementTree

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets(body: bytes) -> dict[str, list[list]]:
    """Sheet name -> rows of (type, style, text)."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    names = [sheet.get("name") for sheet in book.iterfind(".//m:sheet", SPACE)]
    return {name: [[(cell.get("t"), cell.get("s"), "".join(cell.itertext())) for cell in row]
                   for row in ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml")).iterfind(
                       ".//m:row", SPACE)] for number, name in enumerate(names, 1)}
