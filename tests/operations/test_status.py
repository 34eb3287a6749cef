"""The page that says what is going on, and what Today says while nobody works."""
from datetime import timedelta

from app.connections import Delivery
from app.kit.clock import now
from app.people import meet
from app.spine import status
from app.spine.db import db
from app.spine.facts import PersonRef
from app.spine.jobs import Job
from app.spine.jobs.worker import beat


def test_everything_runs(desk):
    beat("this machine:1")
    text = desk.get("/settings/status").text
    assert "Everything runs." in text and "Last heard of 0 s ago" in text and "Trouble" not in text


def test_nobody_works_and_work_waits(desk, htmx):
    db.session.add(Job(name="x", state="ready", run_at=now() - timedelta(minutes=3)))
    db.session.add(Delivery(source="whop", external_id="1", kind="x", state="failed", error="?", body="{}"))
    meet(PersonRef(email="ana@example.test"), "whop")
    db.session.commit()
    part = desk.get("/settings/status", headers=htmx).text
    assert "<h1" not in part and "No worker has ever run here" in part and "1 jobs due, the oldest for 180 s" in part
    assert "1 could not be read" in part and "Something is wrong." in part
    assert "<strong>Nothing is being sent</strong>" in desk.get("/").text


def test_errors_of_the_last_quarter_of_an_hour_show(desk, monkeypatch):
    monkeypatch.setattr(status, "answered", type(status.answered)())
    for _ in range(95):
        status.note(200, 12)
    for _ in range(5):
        status.note(500, 2000)
    text = desk.get("/settings/status").text
    assert "100 answers in 15 minutes, 5 of them errors; 19 of 20 within 2000 ms" in text


def test_members_do_not_see_it(visitor_desk):
    assert visitor_desk.get("/settings/status").status_code == 403
