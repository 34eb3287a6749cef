"""Resources: the shapes of contract.md."""
from sqlalchemy import select

from app.automations import Automation, install
from app.spine.db import db, serve
from tests.conftest import make_account

RICH = {"all": [{"field": "stage", "op": "is", "value": "member"},
                {"field": "total_spent", "op": "gt", "value": 5000}]}


def test_a_person_in_full(program, ana):
    found = program.get(f"/people/{ana.public_id}").json
    assert found["id"].startswith("per_") and found["total_spent"] == {"amount": 9800, "currency": "USD"}
    assert found["risk"] == {"score": None, "level": None, "method": None} and found["tags"] == ["VIP"]


def test_lists_page_sort_search_and_count(program, ana, bo):
    first = program.get("/people?limit=1&sort=name&count=1").json
    assert [p["name"] for p in first["data"]] == ["Ana Silva"] and first["total"] == 2
    second = program.get(f"/people?limit=1&sort=name&cursor={first['next_cursor']}").json
    assert [p["name"] for p in second["data"]] == ["Bo Lind"] and second["next_cursor"] is None
    assert [p["name"] for p in program.get("/people?q=lin").json["data"]] == ["Bo Lind"]
    assert program.get("/people?sort=shoe").status_code == 422
    assert program.get("/people?cursor=x").status_code == 422
    assert program.get("/people?limit=201").status_code == 422


def test_adding_changing_and_refusing(program, ana):
    made = program.post("/people", json={"email": "cy@example.test", "name": "Cy"})
    assert made.status_code == 201
    changed = program.patch(f"/people/{made.json['id']}", json={"name": "Cy Young"}).json
    assert changed["name"] == "Cy Young" and changed["email"] == "cy@example.test"
    assert program.post("/people", json={"email": "ana@example.test"}).status_code == 422


def test_others_people_do_not_exist(program, ana, app, account):
    rival = make_account("rival-two")
    serve(rival.id)
    from app.people import meet
    from app.spine.facts import PersonRef
    stranger = meet(PersonRef(email="z@example.test"), "whop").public_id
    db.session.commit()
    serve(account.id)
    absent = program.get("/people/per_nobody")
    foreign = program.get(f"/people/{stranger}")
    assert absent.status_code == foreign.status_code == 404 and absent.json["detail"] == foreign.json["detail"]


def test_tags_notes_events_and_bulk(program, ana, bo):
    assert program.post(f"/people/{bo.public_id}/tags", json={"name": "New"}).json["tags"] == ["New"]
    assert program.delete(f"/people/{bo.public_id}/tags/New").json["tags"] == []
    assert program.post(f"/people/{bo.public_id}/notes", json={"body": "Called."}).status_code == 201
    kinds = [event["kind"] for event in program.get(f"/people/{bo.public_id}/events").json["data"]]
    assert "note.added" in kinds and "person.created" in kinds
    body = {"condition": RICH, "action": "add_tag", "params": {"name": "Rich"}}
    first = program.post("/people/bulk", json=body).json
    assert (first["matched"], first["changed"], first["failed"], first["failures"]) == (1, 1, 0, [])
    assert program.post("/people/bulk", json=body).json["changed"] == 0
    undone = program.post(f"/bulk-actions/{first['id']}/reversals").json
    assert undone["state"] == "undone" and undone["taken_back"] == 1
    assert program.post(f"/bulk-actions/{first['id']}/reversals").status_code == 409
    assert program.get(f"/people/{ana.public_id}").json["tags"] == ["VIP"]
    assert [row["action"] for row in program.get("/bulk-actions").json["data"]] == ["add_tag", "add_tag"]
    assert program.get(f"/bulk-actions/{first['id']}").json["failures"] == []


def test_preview_and_segments(program, ana, bo):
    found = program.post("/segments/preview", json={"condition": RICH}).json
    assert found["count"] == 1 and found["sample"][0]["name"] == "Ana Silva" and len(found["branches"]) == 2
    unknown = {"condition": {"field": "shoe", "op": "is", "value": 1}}
    assert program.post("/segments/preview", json=unknown).status_code == 422
    made = program.post("/segments", json={"name": "Rich", "condition": RICH})
    assert made.status_code == 201
    path = f"/segments/{made.json['id']}"
    assert program.get(f"{path}/count").json == {"count": 1}
    assert [p["name"] for p in program.get(f"{path}/people").json["data"]] == ["Ana Silva"]
    csv = program.get(f"/people/export.csv?segment={made.json['id']}")
    assert csv.status_code == 200 and "Ana Silva" in csv.text and "Bo Lind" not in csv.text


def test_automations_switch_on_and_off(program, account):
    install(account)
    db.session.commit()
    found = program.get("/automations").json["data"]
    assert [one["enabled"] for one in found] == [False, False, False]
    path = f"/automations/{found[0]['id']}/activation"
    assert program.post(path).json["enabled"] is True
    assert db.session.scalar(select(Automation).where(Automation.enabled_at.is_not(None))) is not None
    assert program.delete(path).json["enabled"] is False
    bad = program.patch(f"/automations/{found[0]['id']}", json={"plan": {"trigger": {"kind": "moon"}}})
    assert bad.status_code == 422 and bad.json["errors"][0]["field"] == "plan.trigger.kind"


def test_records_are_listed(program, ana):
    for name in ("messages", "templates", "deliveries", "memberships", "payments", "plans", "jobs"):
        answer = program.get(f"/{name}?count=1")
        assert (answer.status_code == 200 and answer.json["data"] == []) or name == "jobs"
        assert program.get(f"/{name}/xxx_nothing").status_code == 404


def test_revenue_by_month(program, account):
    rows = program.get("/analytics/revenue?from=2026-01-01&to=2026-03-31&by=month").json["data"]
    assert [row["month"] for row in rows] == ["2026-01", "2026-02", "2026-03"]
    assert rows[0]["start_mrr"] == "0.0000" and rows[0]["logo_churn"] is None and rows[0]["n_new"] == 0
    assert program.get("/analytics/revenue?from=x").status_code == 422


def test_a_playbook_is_tried_out_on_the_team_alone(program, account, desk):
    install(account)
    db.session.commit()
    rescue = next(one for one in program.get("/automations").json["data"] if one["name"] == "Payment Failed")
    path = f"/automations/{rescue['id']}/test-sends"
    assert program.post(path, json={"email": "ana@example.test"}).status_code == 422
    answer = program.post(path, json={"email": "olu@harbor.test"})
    assert answer.status_code == 202 and answer.json == {"messages": 2, "to": "olu@harbor.test"}
    waiting = program.get("/jobs?state=ready").json["data"]
    assert [one["name"] for one in waiting].count("messaging.previews.send_test") == 2
