"""Notes, tags, fields, tasks, assignment and merges over the API."""
import json

import pytest
from sqlalchemy import select

from app.accounts import User
from app.people import CustomField, MergeSuggestion, Note, Tag
from app.spine.db import db
from app.spine.jobs import drain

from .conftest import Program


@pytest.fixture
def olu(desk):
    return db.session.get(User, desk.user_id)


def test_a_change_may_bring_fields_an_address_and_a_teammate(program, ana, olu):
    assert program.post("/custom-fields", json={"label": "Shoe size", "kind": "number"}).status_code == 201
    here = f"/people/{ana.public_id}"
    sent = {"custom": {"shoe_size": 38}, "address": {"street": "Rua 1", "city": "Porto"}, "assigned_to": olu.public_id}
    told = program.patch(here, json=sent).json
    assert (told["custom"], told["assigned_to"]) == ({"shoe_size": 38}, olu.public_id)
    assert told["address"] == {"street": "Rua 1", "city": "Porto"} and told["email"] == "ana@example.test"
    assert program.patch(here, json={"address": {"city": "Lisbon"}}).json["address"] == {"street": "Rua 1",
                                                                                          "city": "Lisbon"}
    assert program.patch(here, json={"assigned_to": None, "custom": {"shoe_size": None}}).json["custom"] == {}
    for body, field in (({"custom": {"shoe_size": "big"}}, "custom.shoe_size"), ({"custom": {"hat": 1}}, "custom.hat"),
                        ({"assigned_to": "usr_nobody"}, "assigned_to"), ({"lead_status": "cold"}, "lead_status")):
        refused = program.patch(here, json=body)
        assert refused.status_code == 422 and refused.json["errors"][0]["field"] == field
    assert program.patch(here, json={"address": {"planet": "Mars"}}).status_code == 422
    assert told["lead_value"]["amount"] == 250 and told["converted_at"] is None


def test_notes(program, ana, bo):
    here = f"/people/{ana.public_id}/notes"
    made = program.post(here, json={"body": "Likes **hills**"}).json
    assert "<strong>hills</strong>" in made["html"] and made["edited_at"] is None
    changed = program.patch(f"{here}/{made['id']}", json={"body": "Flat", "pinned": True}).json
    assert (changed["body"], changed["pinned"]) == ("Flat", True) and changed["edited_at"]
    assert [note["id"] for note in program.get(f"{here}?count=1").json["data"]] == [made["id"]]
    assert program.patch(f"/people/{bo.public_id}/notes/{made['id']}", json={"body": "x"}).status_code == 404
    assert program.delete(f"{here}/{made['id']}").status_code == 204
    assert program.get(here).json["data"] == [] and program.delete(f"{here}/{made['id']}").status_code == 404
    assert db.session.scalar(select(Note)).removed_at is not None


def test_tags(program, ana):
    made = program.post("/tags", json={"name": "Gold", "colour": "sky"})
    assert made.status_code == 201 and made.json["colour"] == "sky"
    ana.tag("VIP")
    db.session.commit()
    assert [(tag["name"], tag["people"]) for tag in program.get("/tags").json["data"]] == [("Gold", 0), ("VIP", 1)]
    vip = Tag.named("VIP").public_id
    assert program.patch(f"/tags/{vip}", json={"name": "Best", "colour": "plum"}).json["also"] == ["vip"]
    assert program.patch(f"/tags/{vip}", json={"name": "gold"}).status_code == 422
    assert program.patch(f"/tags/{vip}", json={"colour": "#fff"}).json["errors"][0]["field"] == "colour"
    assert program.post(f"/tags/{vip}/merges", json={"into": made.json["id"]}).json["also"] == ["best", "vip"]
    assert program.get(f"/people/{ana.public_id}").json["tags"] == ["Gold"]
    assert program.delete(f"/tags/{made.json['id']}").status_code == 204
    assert program.get(f"/people/{ana.public_id}").json["tags"] == []


def test_custom_fields(program, ana):
    made = program.post("/custom-fields", json={"label": "Level", "kind": "choice", "choices": ["Low", "High"]})
    assert made.json == {"id": "level", "key": "level", "label": "Level", "kind": "choice", "choices": ["Low", "High"]}
    assert program.post("/custom-fields", json={"label": "level"}).status_code == 422
    program.patch(f"/people/{ana.public_id}", json={"custom": {"level": "low"}})
    assert program.patch("/custom-fields/level", json={"choices": ["High"]}).status_code == 422
    assert program.patch("/custom-fields/level", json={"label": "Rank"}).json["label"] == "Rank"
    assert [field["label"] for field in program.get("/custom-fields").json["data"]] == ["Rank"]
    assert program.delete("/custom-fields/level").status_code == 204
    drain()
    assert program.get(f"/people/{ana.public_id}").json["custom"] == {} and CustomField.all() == []
    assert program.patch("/custom-fields/level", json={"label": "x"}).status_code == 404


def test_tasks(program, ana, bo, olu):
    made = program.post("/tasks", json={"person": ana.public_id, "title": "Call", "due": "2026-12-01",
                                        "assignee": olu.public_id})
    assert made.status_code == 201 and made.json["origin"] == "api" and made.json["due"] == "2026-12-01"
    here = f"/tasks/{made.json['id']}"
    assert program.patch(here, json={"done": True}).json["done_at"]
    assert program.get("/tasks?state=open").json["data"] == []
    assert len(program.get(f"/tasks?state=done&person={ana.public_id}&assignee={olu.public_id}").json["data"]) == 1
    assert program.get(f"/tasks?person={bo.public_id}").json["data"] == []
    changed = program.patch(here, json={"done": False, "title": "Write", "due": None, "assignee": None}).json
    assert (changed["title"], changed["due"], changed["assignee"], changed["done_at"]) == ("Write", None, None, None)
    assert program.post("/tasks", json={"person": ana.public_id, "title": "Call", "due": "soon"}).status_code == 422
    assert program.patch(here, json={"assignee": "usr_x"}).status_code == 422
    assert program.delete(here).status_code == 204 and program.get(here).status_code == 404


def test_merging_and_undoing(program, ana, bo):
    here = f"/people/{ana.public_id}"
    db.session.add(MergeSuggestion(person_id=ana.id, other_id=bo.id, reason="same phone"))
    db.session.commit()
    [found] = program.get("/merge-suggestions").json["data"]
    assert (found["person"], found["other"], found["reason"]) == (ana.public_id, bo.public_id, "same phone")
    made = program.post(f"{here}/merges", json={"other": bo.public_id, "choices": {"name": "gone"}})
    assert made.status_code == 201 and (made.json["kept"], made.json["gone"]) == (ana.public_id, bo.public_id)
    assert program.get(here).json["name"] == "Bo Lind" and program.get("/merge-suggestions").json["data"] == []
    gone = program.get(f"/people/{bo.public_id}?x=1")
    assert gone.status_code == 301 and gone.headers["Location"] == f"/api/v1{here}?x=1"
    assert gone.headers["Cache-Control"] == "no-store"
    late = program.patch(f"/people/{bo.public_id}", json={"name": "B"})
    assert late.status_code == 410 and ana.public_id in late.json["detail"]
    assert program.delete(f"/people/{bo.public_id}").status_code == 410
    assert program.get(f"/people/{bo.public_id}/notes").status_code == 301
    assert program.post(f"{here}/merges", json={"other": ana.public_id}).status_code == 409
    assert [one["id"] for one in program.get(f"{here}/merges").json["data"]] == [made.json["id"]]
    assert program.delete(f"{here}/merges/{made.json['id']}").status_code == 204
    assert program.get(f"/people/{bo.public_id}").json["name"] == "Bo Lind"
    assert program.get(here).json["name"] == "Ana Silva"
    assert program.delete(f"{here}/merges/{made.json['id']}").status_code == 409
    assert program.delete(f"/merge-suggestions/{found['id']}").status_code == 204
    assert program.get("/merge-suggestions").json["data"] == []


def test_a_copy_of_everything(program, ana):
    ana.note("Left for Lisbon")
    db.session.commit()
    copy = program.get(f"/people/{ana.public_id}/copy")
    told = json.loads(copy.text)
    assert told["people"][0]["email"] == "ana@example.test" and told["notes"][0]["body"] == "Left for Lisbon"
    assert "before" not in copy.text


def test_a_reader_changes_nothing(app, account, ana, bo):
    from app.accounts.sign_in import ApiToken
    _, secret = ApiToken.make(account, "company_user", "reader")
    db.session.commit()
    reader, here = Program(app, secret), f"/people/{ana.public_id}"
    assert reader.get("/tasks").status_code == reader.get("/tags").status_code == 200
    for method, path, body in (("post", f"{here}/merges", {"other": bo.public_id}), ("post", "/tags", {"name": "x"}),
                               ("post", "/tasks", {"person": ana.public_id, "title": "x"}),
                               ("post", "/custom-fields", {"label": "x"}), ("patch", here, {"custom": {}})):
        assert getattr(reader, method)(path, json=body).status_code == 403
    assert reader.get(f"{here}/copy").status_code == 403
