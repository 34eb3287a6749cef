"""CSV that defuses formulas on the way out and explains itself on the way in."""
import csv as reader
import io

import pytest

from app.kit import csv


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "|calc", "%x", "＝1", "＋1",
                                  "－1", "＠x", "  =1", "\ufeff=1", "\u200b=1", "\u00a0@x"])
def test_text_that_could_act_is_defused(text):
    assert csv.cell(text) == "'" + text


@pytest.mark.parametrize(("value", "said"), [("Ana", "Ana"), ("", ""), (None, ""), (-5, -5), (1.5, 1.5), (True, "true"),
                                             ("O'Neill", "O'Neill"), ("a=b", "a=b"), ("'x", "'x"), ("Émile", "Émile")])
def test_other_values_stay_what_they_are(value, said):
    assert csv.cell(value) == said


def test_a_stream_reads_back():
    pieces = list(csv.stream(["name", "spent"], ((f"=P,{i}\n", -i) for i in range(1200))))
    rows = list(reader.reader(io.StringIO("".join(pieces))))
    assert len(pieces) > 2 and len(rows) == 1201
    assert rows[2] == ["'=P,1\n", "-1"] and pieces[0].startswith('"name","spent"\r\n')


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "f.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)
    return write


def test_rows_are_numbered_as_a_spreadsheet_does(file):
    path = file(b"\xef\xbb\xbfName, E-Mail \r\nAna,ana@x\r\n\r\n\"Bo\nB\",bo@x\r\nonly one\r\n")
    assert list(csv.records(path)) == [(2, {"name": "Ana", "e-mail": "ana@x"}),
                                       (4, {"name": "Bo\nB", "e-mail": "bo@x"}),
                                       (5, csv.BadLine("1 cells where the header has 2"))]


def test_a_monstrous_cell_is_one_bad_line(file):
    path = file("name,email\nAna,a@x\n" + "x" * 140_000 + ",b@x\nBo,c@x\n")
    rows = list(csv.records(path))
    assert rows[1][1].reason.startswith("line 3 too long") and rows[2] == (4, {"name": "Bo", "email": "c@x"})


@pytest.mark.parametrize(("content", "why"), [
    (b"name\nM\xfcller\n", "not UTF-8 .line 2"), ("name\n".encode("utf-16"), "not UTF-8"), (b"name\nx\xc3", "middle")])
def test_other_encodings_are_refused(file, content, why):
    with pytest.raises(csv.BadFile, match=why):
        csv.refuse_unreadable(file(content))


@pytest.mark.parametrize(("content", "why"), [("", "empty"), ("\n", "empty"), ("a;b\n1;2\n", "commas"),
                                              ("a,A\n1,2\n", "a twice")])
def test_headers_are_checked(file, content, why):
    with pytest.raises(csv.BadFile, match=why):
        csv.header_of(file(content))


def test_size_and_absence(file, monkeypatch, tmp_path):
    monkeypatch.setattr(csv, "LARGEST", 10)
    with pytest.raises(csv.BadFile, match="over 200 MB"):
        csv.refuse_unreadable(file("name\n" + "x" * 20))
    with pytest.raises(csv.BadFile, match="no file"):
        csv.refuse_unreadable(str(tmp_path / "none.csv"))
