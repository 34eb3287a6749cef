"""Somebody tries the doors: each sign has its number of the last 24 hours on the page of what is going on."""
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.limits import Bucket
from app.accounts.sign_in import ApiToken
from app.accounts.views import signals
from app.api import door
from app.kit.clock import real_now
from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef
from tests.connections.conftest import knock, payment, whop  # noqa: F401


@pytest.fixture
def status(desk):
    """What the page says, as one line of text per thing."""
    def look() -> str:
        return desk.get("/settings/status").text
    return look


def test_a_quiet_day(status):
    text = status()
    for words in ("0 failed tries in 24 hours", "0 refused in 24 hours for their signature",
                  "No token had to slow down in 24 hours", "0 in 24 hours, 0 of them of 1,000 rows or more",
                  "Browsers stopped nothing in 24 hours"):
        assert words in text


def test_guessing_shows_and_is_forgotten_after_a_day(app, status):
    stranger = app.test_client()
    for number in range(12):
        stranger.post("/sign-in", data={"email": "olu@harbor.test", "password": f"guess {number}"})
    assert "12 failed tries in 24 hours" in status()
    rows = db.session.scalars(select(Bucket.name).where(Bucket.name.startswith("sign-in failed"))).all()
    assert len(rows) == 1 and "olu" not in rows[0], "one row an hour, without who"
    db.session.execute(update(Bucket).values(name=Bucket.name + "0", ends_at=real_now() - timedelta(hours=25)))
    db.session.commit()
    assert "0 failed tries" in status()


def test_a_refused_webhook_is_counted_for_its_account_alone(status, whop, knock, other_account):  # noqa: F811
    assert knock(whop, payment(), secret="another secret").status_code == 401
    assert "1 refused in 24 hours for their signature" in status()
    assert signals.tallied("webhook refused", other_account.id) == 0


def test_a_token_in_a_hurry_is_counted_once_a_minute(app, account, status, monkeypatch):
    monkeypatch.setitem(app.config, "API_PER_MINUTE", 2)
    monkeypatch.setattr(door.time, "time", lambda now=door.time.time(): now)
    _, secret = ApiToken.make(account, "company_user", "hurry")
    db.session.commit()
    program = app.test_client()
    answers = [program.get("/api/v1/people", headers={"Authorization": f"Bearer {secret}"}) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 2 + [429] * 4
    assert "A token had to slow down in 1 of the last 1,440 minutes" in status()


def test_files_that_leave_are_counted_and_large_ones_said(desk, status, monkeypatch):
    for name in ("ana", "ben", "cleo"):
        meet(PersonRef(email=f"{name}@member.test"), "whop")
    db.session.commit()
    monkeypatch.setattr(signals, "LARGE", 3)
    assert desk.get("/people/export.csv?q=ana").status_code == desk.get("/people/export.csv").status_code == 200
    assert "2 in 24 hours, 1 of them of 3 rows or more" in status()


def test_reports_of_browsers_are_counted_and_a_flood_is_not_kept(client, status):
    signals.recent.clear()
    for _ in range(signals.MOST_REPORTS + 20):
        assert client.post("/csp-reports", data='{"csp-report": {"blocked-uri": "inline"}}').status_code == 204
    assert f"Browsers stopped something {signals.MOST_REPORTS} times in 24 hours" in status()
    signals.recent.clear()
