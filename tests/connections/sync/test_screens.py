"""Connecting, reading and what was put right, on the screen, through the API and from the command line."""
import json

import pytest
from sqlalchemy import select

from app.accounts.sign_in import ApiToken
from app.connections import Connection, Discrepancy, Sync
from app.people import Person
from app.spine.db import as_account, db, serve
from app.spine.jobs import Job, drain
from tests.api.conftest import Program
from tests.wire.whop_server import ACCOUNT, membership

NEW = "/settings/connections/new/whop"


@pytest.fixture
def program(app, account):
    _, secret = ApiToken.make(account, "company_owner", "tests")
    db.session.commit()
    return Program(app, secret)


def test_a_key_is_tried_then_everything_comes_in(account, desk, whop_server):
    page = desk.get(NEW).text
    assert "What the key must allow" in page and "member:basic:read" in page and "Sign in with" not in page
    answer = desk.post(NEW, data={"api_key": "key_1"})
    assert answer.status_code == 303
    made = db.session.scalar(select(Connection))
    assert (made.external_account, made.name, made.grants["plan:basic:read"]) == (ACCOUNT, "Whop", True)
    page = desk.get(answer.location).text
    assert 'hx-trigger="every 2s"' in page and "<progress" in page and "Products: 0 so far" in page
    assert "What the key may do" in page and "key_1" not in page
    drain()
    serve(account.id)
    assert len(db.session.scalars(select(Person)).all()) == 5
    page = desk.get(answer.location).text
    assert "every 2s" not in page and "17 new" in page and "Sync now" in page
    assert "Everything read" in desk.get("/settings/connections").text


def test_a_wrong_key_is_not_kept(desk, whop_server):
    answer = desk.post(NEW, data={"api_key": "key_wrong"})
    assert answer.status_code == 422 and "does not know this key" in answer.text and "key_wrong" not in answer.text
    assert db.session.scalar(select(Connection)) is None


def test_a_key_no_header_can_carry_is_refused_in_words(desk, whop_server):
    answer = desk.post(NEW, data={"api_key": "ключ"})
    assert answer.status_code == 422 and "does not know this key" in answer.text


def test_an_outage_while_connecting_is_no_refusal(desk, account, whop_server):
    whop_server.fail("/accounts/me", 503, times=2)
    assert desk.post(NEW, data={"api_key": "key_1"}).status_code == 303
    assert "status 503" in db.session.scalar(select(Connection)).trouble


def test_the_moving_part_stops_by_itself(desk, whop, whop_server, htmx, read):
    path = f"/settings/connections/{whop.public_id}/syncs"
    sync = Sync.begin(whop)
    sync.count(seen=1240)
    db.session.commit()
    part, page = desk.get(path, headers=htmx).text, desk.get(path).text
    assert "<h1" not in part and "<h1" in page and "Products: 1,240 so far" in part and "every 2s" in part
    read(whop)
    assert "every 2s" not in desk.get(path, headers=htmx).text


def test_stop_and_go_on_by_buttons(desk, account, whop, whop_server):
    path = f"/settings/connections/{whop.public_id}"
    assert "Sync now" in desk.get(path).text
    assert desk.post(f"{path}/syncs").status_code == 303
    sync = db.session.scalar(select(Sync))
    assert desk.post(f"{path}/syncs/{sync.public_id}/pause").status_code == 303
    drain()
    serve(account.id)
    assert sync.state == "stopped" and sync.total("seen") == 0 and "Go on" in desk.get(path).text
    desk.post(f"{path}/syncs")
    drain()
    serve(account.id)
    db.session.refresh(sync)
    assert sync.state == "done"


def test_trouble_is_said_with_what_to_do(desk, whop):
    path = f"/settings/connections/{whop.public_id}"
    whop.unwell("Whop answers with errors of its own (status 503).")
    assert "Whop is away" in desk.get(path).text and "try again by ourselves" in desk.get(path).text
    whop.unwell("Whop does not know this key any more. Give it a new one under Change it.", halt=True)
    assert "The key is refused" in desk.get(path).text and "Give it a new one" in desk.get(path).text
    assert "Give it a new one" in desk.get("/settings/status").text


def test_what_was_put_right_is_listed(desk, program, whop, whop_server, read):
    path = f"/settings/connections/{whop.public_id}/discrepancies"
    assert "Nothing differed" in desk.get(path).text
    read(whop)
    whop_server.lists["/memberships"][0] = membership(1, status="past_due", updated_at="2026-11-20T00:00:00.000Z")
    read(whop)
    page = desk.get(path).text
    assert "Membership" in page and "active" in page and "past_due" in page
    listed = program.get(f"/connections/{whop.public_id}/discrepancies").json["data"]
    assert [(row["noun"], row["field"], row["was"], row["became"]) for row in listed] == [
        ("membership", "status", "active", "past_due")]
    assert listed[0]["subject"].startswith("mem_") and listed[0]["at"].endswith("Z")


def test_the_api_tells_and_triggers(program, account, whop, whop_server, other_account):
    path = f"/connections/{whop.public_id}"
    listed = program.get("/connections").json["data"]
    assert [one["id"] for one in listed] == [whop.public_id] and listed[0]["last_sync"] is None
    begun = program.post(f"{path}/syncs")
    assert begun.status_code == 201 and begun.json["state"] == "running" and begun.json["kind"] == "first"
    assert program.post(f"{path}/syncs").json["id"] == begun.json["id"], "one at a time"
    drain()
    serve(account.id)
    told = program.get(f"{path}/syncs/{begun.json['id']}").json
    assert told["state"] == "done" and told["created"] == 17 and told["steps"][2] == {
        "name": "members", "label": "Members", "state": "done", "seen": 5, "created": 5, "updated": 0, "unchanged": 0,
        "failed": 0, "note": None}
    shown = program.get(path).json
    assert shown["health"]["state"] == "well" and shown["last_sync"]["id"] == told["id"]
    assert "key_1" not in str(shown) and program.get(f"{path}/syncs?state=done").json["data"]
    assert program.get(f"{path}/syncs?state=x").status_code == 422
    assert program.post(f"{path}/syncs/{told['id']}/pauses").json["state"] == "done"
    with as_account(other_account.id):
        theirs = Connection.add("whop", other_account.id, api_key="key_9")
        db.session.commit()
        foreign = theirs.public_id
    for address in ("", "/syncs", "/discrepancies", f"/syncs/{told['id']}"):
        assert program.get(f"/connections/{foreign}{address}").status_code == 404
    bare = Connection.add("stripe", account.id, webhook_secret="whsec_1")
    db.session.commit()
    assert program.post(f"/connections/{bare.public_id}/syncs").status_code == 409


def test_from_the_command_line(app, account, whop, whop_server):
    db.session.commit()
    ran = app.test_cli_runner().invoke(args=["connection", "sync", whop.public_id])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.output.strip().splitlines()[-1])
    assert (told["state"], told["created"], told["steps"]["chat"]) == ("done", 17, "done")
    assert app.test_cli_runner().invoke(args=["connection", "sync", "con_none"]).exit_code == 1
    serve(account.id)
    later = app.test_cli_runner().invoke(args=["connection", "sync", whop.public_id, "--later"])
    assert json.loads(later.output.strip().splitlines()[-1])["state"] == "running"
    serve(account.id)
    assert db.session.scalar(select(Job).where(Job.key == f"sync:{whop.id}", Job.state == "ready"))


def test_who_may_only_look_starts_nothing(visitor_desk, whop):
    path = f"/settings/connections/{whop.public_id}"
    assert visitor_desk.post(f"{path}/syncs").status_code == 403
    assert visitor_desk.get(f"{path}/discrepancies").status_code == 403
    assert db.session.scalar(select(Sync)) is None and db.session.scalar(select(Discrepancy)) is None
