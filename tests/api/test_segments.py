"""Segments, filters and bulk actions for programs."""
import pytest
from sqlalchemy import select

from app.automations import Automation
from app.people import Person
from app.segments.jobs import look
from app.spine.db import db
from app.spine.events import record

QUIET = {"field": "last_active_at", "op": "is_not_set"}


def test_a_segment_is_made_changed_asked_and_deleted(program, ana, bo):
    made = program.post("/segments", json={"name": "Quiet", "condition": QUIET, "description": "Never seen",
                                           "colour": "sky"})
    assert made.status_code == 201 and made.json["colour"] == "sky" and made.json["watched_at"] is None
    at = f"/segments/{made.json['id']}"
    changed = program.patch(at, json={"condition": {"field": "stage", "op": "is", "value": "lead"}, "name": "Leads"})
    assert changed.json["name"] == "Leads" and changed.json["description"] == "Never seen"
    assert program.get(f"{at}/count").json == {"count": 1}
    for body, field in (({"colour": "loud"}, "colour"), ({"name": " "}, "name"),
                        ({"condition": {"field": "x"}}, "condition")):
        refused = program.patch(at, json=body)
        assert refused.status_code == 422 and refused.json["errors"][0]["field"] == field, refused.json
    other = program.post("/segments", json={"name": "Within", "condition": {"field": "segment", "op": "is",
                                                                            "value": made.json["id"]}})
    assert program.delete(at).status_code == 409
    assert program.delete(f"/segments/{other.json['id']}").status_code == 204 == program.delete(at).status_code


def test_who_came_and_went_is_told(program, ana, bo, account):
    made = program.post("/segments", json={"name": "Late", "condition": {
        "field": "membership_status", "op": "is", "value": "past_due"}}).json
    at = f"/segments/{made['id']}"
    assert program.put(f"{at}/watch").json["watched_at"]
    db.session.expire_all()
    late = db.session.scalar(select(Person).where(Person.public_id == ana.public_id))
    late.membership_status = "past_due"
    record("payment.failed", late, source="test")
    db.session.commit()
    look(account.id)
    [move] = program.get(f"{at}/moves").json["data"]
    assert move["person"] == ana.public_id and move["entered"] is True and move["why"].startswith("Payment")
    assert program.get(f"{at}/sizes?days=30").json == {"data": [], "next_cursor": None}
    assert program.delete(f"{at}/watch").status_code == 204 and program.get(f"{at}/moves").json["data"] == []


def test_sentences_become_conditions(program, ana):
    read = program.post("/segments/readings", json={"text": "active members with red shoes who spent over $50"}).json
    assert read["not_understood"] == ["red shoes"] and len(read["parts"]) == 2
    assert read["condition"]["all"][1] == {"field": "total_spent", "op": "gt", "value": 5000}
    assert read["sentence"] == "membership is Active and total spent is more than $50.00"
    names = [row["name"] for row in program.get("/segments/templates").json["data"]]
    assert len(names) == 8 and "At Risk" in names


@pytest.mark.parametrize("query, wanted", [
    ("stage=lead", {"Bo Lind"}), ("tag=VIP,Nothing", {"Ana Silva"}), ("status=active", {"Ana Silva"}),
    ("assigned=nobody", {"Ana Silva", "Bo Lind"}), ("country=XX", set()),
    ('condition={"field":"email","op":"contains","value":"bo"}', {"Bo Lind"})])
def test_people_are_filtered(program, ana, bo, query, wanted):
    ana.membership_status = "active"
    db.session.commit()
    found = program.get(f"/people?count=1&{query}").json
    assert {one["name"] for one in found["data"]} == wanted and found["total"] == len(wanted)


def test_a_filter_that_cannot_be_is_refused(program, ana):
    assert program.get("/people?condition={").status_code == 422
    assert program.get("/people?segment=seg_none").status_code == 404
    assert program.get("/people?shoe=1").status_code == 422


def test_every_bulk_action_by_program(program, ana, bo):
    ids = [ana.public_id, bo.public_id]
    noted = program.post("/people/bulk", json={"ids": ids, "action": "add_note", "params": {"body": "Hello"}}).json
    assert noted["changed"] == 2
    refused = program.post("/people/bulk", json={"ids": ids, "action": "assign", "params": {"user": "usr_none"}})
    assert refused.status_code == 422 and "Nobody on the team" in refused.json["detail"]
    rule = Automation.make("Greet", "rule", {"trigger": {"kind": "person.tagged"}, "audience": {
        "field": "stage", "op": "is", "value": "member"}, "steps": [{"id": "a", "do": "add_note", "body": "Hi"}]})
    rule.switch_on()
    db.session.commit()
    enrolled = program.post("/people/bulk", json={"ids": ids, "action": "enrol",
                                                  "params": {"playbook": rule.public_id}}).json
    assert (enrolled["matched"], enrolled["changed"], enrolled["failed"]) == (2, 1, 1)
    [refusal] = enrolled["failures"]
    assert refusal["person"] == bo.public_id and "not in its audience" in refusal["reason"]
    gone = program.post("/people/bulk", json={"ids": [bo.public_id], "action": "erase"}).json
    assert gone["changed"] == 1 and program.post(f"/bulk-actions/{gone['id']}/reversals").status_code == 409
    both = program.post("/people/bulk", json={"ids": ids, "condition": QUIET, "action": "erase"})
    assert both.status_code == 422
    nobody = program.post("/people/bulk", json={"ids": [], "action": "add_tag", "params": {"name": "X"}}).json
    assert nobody["matched"] == 0
