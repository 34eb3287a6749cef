"""Reading the trail: narrowed on the screen, as a file, and by programs."""
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.accounts import Audit
from app.accounts.audit import note
from app.accounts.sign_in import ApiToken
from app.kit import clock
from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef


@pytest.fixture
def lines(desk, account):
    """Olu tagged Ana; two days before, the command line opened a season (23:30 in New York, the next day in UTC)."""
    with clock.frozen(datetime(2026, 11, 18, 12, tzinfo=UTC)):
        db.session.info["actor"] = {"id": "command line", "name": "Command line"}
        note(db.session, "create", "seasons", "sea_1", after={"name": "=Winter", "account_id": account.id})
        db.session.flush()
        db.session.info.pop("actor")
    season = db.session.scalar(select(Audit).where(Audit.object == "seasons"))
    ana = meet(PersonRef(email="ana@example.test", name="Ana"), "whop")
    db.session.commit()
    desk.post(f"/people/{ana.public_id}/tags", data={"name": "VIP"})
    return season


def rows(text: str) -> int:
    return text.count('<th scope="row">')


def test_the_screen_narrows_by_who_what_and_day(desk, lines):
    whole = desk.get("/settings/audit").text
    assert rows(whole) >= 2 and "=Winter" in whole and "Account</strong>" not in whole
    only = desk.get("/settings/audit?object=seasons").text
    assert rows(only) == 1 and "Command line" in only
    assert rows(desk.get("/settings/audit?actor=command+line&action=create").text) == 1
    assert rows(desk.get("/settings/audit?from=2031-01-01").text) == 0
    wrong = desk.get("/settings/audit?from=tomorrow")
    assert wrong.status_code == 422 and "2026-11-21" in wrong.text


def test_the_file_defuses_formulas_and_leaves_its_own_line(desk, lines):
    text = desk.get("/settings/audit.csv?object=seasons").text
    assert "nothing → =Winter" in text and text.count("\n") == 2
    assert db.session.scalar(select(Audit.action).where(Audit.object == "audits")) == "export"


def test_the_check_says_whole(desk, lines):
    assert "The trail is whole" in desk.get("/settings/audit/check").text


def test_programs_read_it(app, account, desk, lines):
    _, secret = ApiToken.make(account, "company_owner", "tests")
    db.session.commit()
    bearer = {"Authorization": f"Bearer {secret}"}
    found = app.test_client().get("/api/v1/audits?object=seasons", headers=bearer).json
    assert [row["after"]["name"] for row in found["data"]] == ["=Winter"]
    one = app.test_client().get(f"/api/v1/audits/{found['data'][0]['id']}", headers=bearer).json
    assert one["actor"] == "command line" and one["hash"]
    assert app.test_client().get("/api/v1/audits?from=soon", headers=bearer).status_code == 422


def test_members_do_not_read_it(visitor_desk):
    for path in ("/settings/audit", "/settings/audit.csv", "/settings/audit/check"):
        assert visitor_desk.get(path).status_code == 403
