"""Tasks: opened about somebody, done, found again, deleted and brought back."""
import json
from datetime import date

import pytest
from sqlalchemy import select

from app.accounts import User
from app.kit.clock import frozen
from app.people import erase
from app.spine.db import db
from app.spine.events import Event
from app.tasks import BadTask, Task, open_task
from tests.conftest import sign_in
from tests.tasks.days import NOON


@pytest.fixture(autouse=True)
def at_noon():
    with frozen(NOON) as forward:
        yield forward


def told() -> list:
    return [(event.kind, event.data.get("title")) for event in db.session.scalars(select(Event).where(
        Event.kind.startswith("task.")).order_by(Event.id))]


def test_a_task_is_opened_changed_and_done_once(ana, desk):
    olu = db.session.get(User, desk.user_id)
    task = open_task(ana, "  Call   her ", "2026-11-22", olu, by=olu)
    assert (task.title, task.due, task.assignee.email) == ("Call her", date(2026, 11, 22), "olu@harbor.test")
    assert not task.overdue
    assert task.finish(olu) and not task.finish(olu)
    assert told() == [("task.created", "Call her"), ("task.done", "Call her")]
    task.reopen()
    assert task.done_at is None and task.done_by is None


@pytest.mark.parametrize(("title", "due", "field"), [("", None, "title"), ("x" * 201, None, "title"),
                                                     ("Call", "soon", "due")])
def test_what_is_no_task(ana, title, due, field):
    with pytest.raises(BadTask) as refused:
        open_task(ana, title, due)
    assert refused.value.field == field


def test_only_the_team_can_be_asked(ana, app, other_account):
    stranger = db.session.get(User, sign_in(app, other_account, "company_owner", "sam@rival.test").user_id)
    with pytest.raises(BadTask, match="seat on your team"):
        open_task(ana, "Call", None, stranger)
    with pytest.raises(ValueError, match="seat on your team"):
        ana.assign(stranger)


def test_erasing_somebody_takes_their_tasks_along(ana, bo):
    open_task(ana, "Ask Ana about Lisbon")
    open_task(bo, "Other")
    db.session.commit()
    erase(ana)
    db.session.commit()
    assert db.session.scalars(select(Task.title)).all() == ["Other"]
    assert db.session.scalars(select(Event).where(Event.person_id == ana.id, Event.kind == "task.created")).all() == []


def test_the_page_lists_the_overdue_first(desk, ana, bo):
    olu = db.session.get(User, desk.user_id)
    for title, due, who in (("Later", "2026-12-24", olu), ("Whenever", None, olu), ("Late", "2026-11-01", olu),
                            ("Not mine", "2026-11-02", None), ("Today's", "2026-11-21", olu)):
        open_task(ana, title, due, who)
    open_task(bo, "Finished", None, olu).finish(olu)
    db.session.commit()
    mine = desk.get("/tasks").text
    places = [mine.index(title) for title in ("Late<", "Today&#39;s<", "Later<", "Whenever<")]
    assert places == sorted(places) and "Not mine" not in mine and "Finished" not in mine
    assert "Overdue, 1 Nov" in mine and "4</span>" in mine
    assert "Not mine" in desk.get("/tasks?tab=all").text
    done = desk.get("/tasks?tab=done").text
    assert "Finished" in done and "by Olu" in done and "Later" not in done


def test_many_tasks_go_over_pages(desk, ana):
    for number in range(60):
        open_task(ana, f"Thing {number:02}", f"2026-12-{number % 28 + 1:02}")
    db.session.commit()
    import re
    first = desk.get("/tasks?tab=all").text
    assert first.count("/completion") == 50 * 2
    after = re.search(r'href="([^"]*cursor[^"]*)"', first).group(1).replace("&amp;", "&")
    assert desk.get(after).text.count("/completion") == 10 * 2
    assert desk.get("/tasks?cursor=x").status_code == 400


def test_on_a_persons_page(desk, ana, htmx):
    here = f"/people/{ana.public_id}"
    part = desk.post(f"{here}/tasks", data={"title": "Call her", "due": "2026-11-20", "on": "person"}, headers=htmx)
    assert part.status_code == 200 and "Overdue, 20 Nov" in part.text and "<h1>" not in part.text
    wrong = desk.post(f"{here}/tasks", data={"title": "", "on": "person"}, headers=htmx)
    assert wrong.status_code == 422 and "Say what to do" in wrong.text
    assert desk.post(f"{here}/tasks", data={"title": "Plain", "on": "person"}).location.endswith("#tasks-panel")
    assert desk.post(f"{here}/tasks", data={"title": ""}).status_code == 422
    task = db.session.scalar(select(Task).where(Task.title == "Call her"))
    page = desk.get(here).text
    assert "Task: Call her" in page and f'href="/tasks/{task.public_id}"' in page
    done = desk.post(f"/tasks/{task.public_id}/completion", data={"on": "person"}, headers=htmx)
    undo = json.loads(done.headers["HX-Trigger"])["toast"]["undo"]
    assert ">just now</time> by Olu" in done.text and "Open again: Call her" in done.text
    assert desk.post(undo).location.endswith(f"{ana.public_id}#tasks-panel")
    db.session.expire_all()
    assert task.done_at is None
    gone = desk.post(f"/tasks/{task.public_id}/removal", data={"on": "person"}, headers=htmx)
    assert "Call her" not in gone.text
    assert desk.post(json.loads(gone.headers["HX-Trigger"])["toast"]["undo"]).status_code == 303
    assert "Call her" in desk.get(here).text


def test_one_task_has_a_page(desk, ana):
    task = open_task(ana, "Call her")
    db.session.commit()
    here = f"/tasks/{task.public_id}"
    assert 'value="Call her"' in desk.get(here).text
    assert desk.post(here, data={"title": "Write to her", "due": "2026-12-01"}).status_code == 303
    assert desk.post(here, data={"title": "Write", "due": "x"}).status_code == 422
    assert desk.post(here, data={"title": "Write", "assignee": "usr_nobody"}).status_code == 422
    assert "Write to her" in desk.get("/tasks?tab=all").text


def test_assigning_somebody_is_told(desk, ana, htmx):
    here = f"/people/{ana.public_id}/assignment"
    olu = db.session.get(User, desk.user_id)
    part = desk.post(here, data={"assignee": olu.public_id}, headers=htmx)
    assert "selected>Olu" in part.text and "<h1>" not in part.text
    assert "Now looked after by Olu" in desk.get(f"/people/{ana.public_id}?group=tasks").text
    assert desk.post(here, data={"assignee": ""}).status_code == 303
    db.session.expire_all()
    assert ana.assigned_to is None and desk.post(here, data={"assignee": "usr_x"}).status_code == 404


def test_somebody_who_may_only_look(visitor_desk, ana):
    task = open_task(ana, "Call her")
    db.session.commit()
    assert "Call her" in visitor_desk.get("/tasks?tab=all").text
    assert "/completion" not in visitor_desk.get(f"/people/{ana.public_id}").text
    assert "Save task" not in visitor_desk.get(f"/tasks/{task.public_id}").text
