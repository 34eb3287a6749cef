"""Files by programs: brought, tried, taken in, taken back, ordered and fetched."""
import csv
import io

from sqlalchemy import func, select

from app.people import Person
from app.spine.db import db
from app.spine.jobs import drain

FILE = "email,name\ncy@x.example,Cy\nnope,No\n"


def everyone() -> int:
    return db.session.scalar(select(func.count()).select_from(Person))


def bring(program, query="", **more):
    return program.post(f"/imports{query}", data=FILE, content_type="text/csv", **more)


def test_a_file_is_tried_taken_in_and_taken_back(program):
    made = bring(program, "?source=Friends&dry_run=1&file_name=friends.csv")
    assert made.status_code == 201 and made.json["state"] == "checking" and made.json["mapping"]["email"] == "email"
    path = f"/imports/{made.json['id']}"
    drain()
    tried = program.get(path).json
    assert tried["state"] == "checked" and tried["checked"]["created"] == 1 and everyone() == 0
    assert tried["errors"] == [{"row": 3, "reason": "email: 'nope' is not an email address"}]
    assert program.post(f"{path}/runs").status_code == 201
    drain()
    done = program.get(path).json
    assert (done["state"], done["counts"]["created"], done["reversible"], everyone()) == ("done", 1, True, 1)
    assert program.get("/imports").json["data"][0]["id"] == made.json["id"]
    assert program.post(f"{path}/reversals").json["state"] == "reversing"
    drain()
    assert program.get(path).json["state"] == "reversed" and everyone() == 0
    assert program.post(f"{path}/runs").status_code == 409 == program.post(f"{path}/reversals").status_code


def test_as_a_form_and_at_once(program):
    made = program.post("/imports", data={"file": (io.BytesIO(FILE.encode()), "f.csv"), "source": "Friends"},
                        content_type="multipart/form-data")
    assert made.json["state"] == "running" and made.json["file_name"] == "f.csv"
    drain()
    assert everyone() == 1


def test_a_mapping_of_ones_own(program):
    made = bring(program).json
    assert made["state"] == "mapping"
    path = f"/imports/{made['id']}/mapping"
    wrong = program.post(path, json={"source": "Friends", "mapping": {"email": "leave"}})
    assert wrong.status_code == 422 and wrong.json["errors"][0]["field"] == "mapping"
    assert program.post(path, json={"mapping": {}}).status_code == 422
    mapped = program.post(path, json={"source": "Friends", "mapping": {"name": "username"}, "dry_run": False})
    assert mapped.status_code == 201
    drain()
    assert db.session.scalar(select(Person.username)) == "Cy"


def test_what_is_refused(program, reader):
    assert bring(program, "?kind=moons").status_code == 422
    assert bring(reader).status_code == 403
    empty = program.post("/imports", data="", content_type="text/csv")
    assert empty.status_code == 422 and "empty" in empty.json["detail"]
    assert program.post("/imports", json={"a": 1}).status_code == 415
    huge = program.post("/imports", data="x", content_type="text/csv",
                        environ_overrides={"CONTENT_LENGTH": str(1 << 30)})
    assert huge.status_code == 413 and "200 MB" in huge.json["detail"]
    assert program.get("/imports/imp_absent").status_code == 404


def test_sent_twice_with_a_key_is_one_import(program):
    first = bring(program, headers={"Idempotency-Key": "k1"})
    again = bring(program, headers={"Idempotency-Key": "k1"})
    assert first.json["id"] == again.json["id"] and again.headers["Idempotent-Replayed"] == "true"
    assert len(program.get("/imports").json["data"]) == 1


def test_stopped_before_it_began(program):
    made = bring(program).json
    assert program.post(f"/imports/{made['id']}/cancellations").json["state"] == "canceled"
    assert program.post(f"/imports/{made['id']}/cancellations").status_code == 409


def test_exports_are_ordered_listed_and_fetched(program, reader, ana):
    made = program.post("/exports", json={"format": "csv", "columns": ["email", "id"], "q": "ana"})
    assert made.status_code == 201 and made.json["rows"] == 1
    file = program.get(made.json["file"].removeprefix("/api/v1"))
    assert list(csv.reader(io.StringIO(file.text))) == [["email", "RevenueAngel id"], [ana.email, ana.public_id]]
    assert program.get("/exports").json["data"][0]["taken_at"]
    assert program.post("/exports", json={"kind": "payments", "format": "xlsx"}).json["file_name"].endswith(".xlsx")
    assert program.post("/exports", json={"columns": ["moon"]}).status_code == 422
    assert program.post("/exports", json={"segment": "seg_absent"}).status_code in (404, 422)
    assert reader.get("/exports").status_code == 403
    assert reader.get(made.json["file"].removeprefix("/api/v1")).status_code == 403
