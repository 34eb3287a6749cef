"""Amounts, moments and tables in the ways of the world."""
import pytest

from app.kit import reading, tables
from app.kit.csv import BadFile
from app.kit.money import BadMoney


@pytest.mark.parametrize(("text", "minor"), [
    ("$1,234.50", 123450), ("1.234,50 €", 123450), ("(12.00)", -1200), ("1 234,5", 123450), ("1,234", 123400),
    ("1.234", 123400), ("12", 1200), ("0.5", 50), ("1'234.00", 123400), ("-3.10", -310), ("\u22123.10", -310),
    ("1,234,567.89", 123456789)])
def test_amounts(text, minor):
    assert reading.amount(text, "USD") == minor


def test_amounts_of_other_currencies_and_none():
    assert (reading.amount("1,234", "JPY"), reading.amount("1.234", "KWD")) == (1234, 1234)
    for text in ("abc", "", "-"):
        with pytest.raises(BadMoney):
            reading.amount(text, "USD")
    assert [reading.currency_in(text) for text in ("12 €", "GBP 3", "$5", "12")] == ["EUR", "GBP", None, None]


@pytest.mark.parametrize(("text", "order", "iso"), [
    ("31.12.2026", "dmy", "2026-12-31T00:00"), ("12/31/2026", "mdy", "2026-12-31T00:00"),
    ("3/8/26 14:05", "dmy", "2026-08-03T14:05"), ("Aug 3, 2026", "dmy", "2026-08-03T00:00"),
    ("3rd August 2026 2:05 PM", "mdy", "2026-08-03T14:05"), ("2026/08/03", "mdy", "2026-08-03T00:00"),
    ("2026-08-03 14:00:00 UTC", "dmy", "2026-08-03T14:00"), ("1754222400", "dmy", "2025-08-03T12:00"),
    ("1754222400000", "dmy", "2025-08-03T12:00"), ("2026-08-03T14:00:00+02:00", "dmy", "2026-08-03T12:00")])
def test_moments(text, order, iso):
    assert reading.moment(text, order).isoformat()[:16] == iso


@pytest.mark.parametrize("text", ["never", "31/31/2026", "2026-13-01", "", "12"])
def test_what_is_no_moment(text):
    with pytest.raises(ValueError, match="is not a time"):
        reading.moment(text)


def test_which_way_dates_are_written():
    assert reading.order_of(["01/02/2026", "03/04/2026"]) == "?"
    assert reading.order_of(["01/02/2026", "13/04/2026"]) == "dmy"
    assert reading.order_of(["01/02/2026", "03/14/2026"]) == "mdy"
    assert reading.order_of(["2026-01-01", "soon"]) is None and reading.order_of(["01/01/2026"]) is None


def looked(tmp_path, text, *how) -> tables.Table:
    path = tmp_path / "in.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tables.look(str(path), *how)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_signs_between_cells(tmp_path, sign):
    text = f'a{sign}"b, c; d"{sign}e\n1{sign}"x\ny"{sign}"1,5; 2"\n'
    found = looked(tmp_path, text)
    assert (found.delimiter, found.names, found.samples) == (sign, ["a", "b, c; d", "e"], [["1", "x\ny", "1,5; 2"]])


@pytest.mark.parametrize(("text", "encoding"), [
    ("é\n1\n".encode(), "utf-8"), ("\ufeffé\n1\n".encode(), "utf-8"), ("é\n1\n".encode("utf-16"), "utf-16"),
    ("é€\n1\n".encode("cp1252"), "cp1252"), (b"\x81\xe9\n1\n", "latin-1")])
def test_letters(tmp_path, text, encoding):
    found = looked(tmp_path, text)
    assert found.encoding == encoding and found.names[0].lstrip("\x81") in ("é", "é€")


def test_a_single_column_and_old_line_ends(tmp_path):
    found = looked(tmp_path, "Email\rana@x.example\rbo@x.example\r")
    assert (found.names, found.samples) == (["Email"], [["ana@x.example"], ["bo@x.example"]])
    copy = tmp_path / "copy"
    tables.plain_copy(str(tmp_path / "in.csv"), found, str(copy))
    assert [cells for _, cells, _ in tables.records(str(copy), found)] == [{"Email": "ana@x.example"},
                                                                          {"Email": "bo@x.example"}]


def test_letters_that_are_not_there(tmp_path):
    found = looked(tmp_path, b"a\n" + b"x\n" * 200_000 + b"\xff\n", "utf-8")
    with pytest.raises(BadFile, match="not UTF-8 throughout"):
        tables.plain_copy(str(tmp_path / "in.csv"), found, str(tmp_path / "copy"))


def test_reading_goes_on_anywhere(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text('a,b\n1,"x\ny"\n\n2,é\n3\n4,z\n', encoding="utf-8")
    table = tables.look(str(path))
    rows = list(tables.records(str(path), table))
    assert [row for row, _, _ in rows] == [2, 4, 5, 6] and rows[2][1].reason.startswith("1 cells where")
    for position, (row, _, at) in enumerate(rows):
        assert list(tables.records(str(path), table, at, row)) == rows[position + 1:]
