"""The page of somebody with a long history: few questions, whatever there is to tell."""
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, insert

from app.automations import Automation
from app.labels import make_field
from app.merging import merge
from app.messaging import Template, send
from app.people import MergeSuggestion, meet
from app.spine.db import db, is_postgres
from app.spine.events import Event
from app.spine.facts import MembershipFact, PaymentFact, PersonRef, PlanRef, absorb
from app.tasks import open_task

AT = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("activity.post", "activity.comment", "activity.message", "activity.lesson", "activity.login")
MOST = 15                            # one more on Postgres, which is asked whether anything was written meanwhile


@contextmanager
def questions():
    """The SELECTs asked inside."""
    asked = []

    def note(_connection, _cursor, statement, *_more):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append(statement)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def busy(account, ana, bo):
    """Ana with 5,000 events and something in every panel."""
    rows = [{"account_id": account.id, "person_id": ana.id, "kind": KINDS[number % 5], "source": "app", "depth": 0,
             "at": AT + timedelta(minutes=number), "data": {"title": f"Thing {number}"},
             "public_id": f"evt_{number:020d}"} for number in range(5000)]
    db.session.execute(insert(Event), rows)
    who = PersonRef(email="ana@x.example")
    plan = PlanRef("plan_pro", "Pro monthly", amount=4900, currency="USD", interval="month")
    for number in range(8):
        at = AT + timedelta(days=30 * number)
        absorb(PaymentFact(who, f"pay_{number}", "paid", at, at, 4900, "USD", plan=plan), "whop")
        absorb(MembershipFact(who, f"mem_{number}", "active", at, plan, 4900, "USD", started_at=at), "whop")
        ana.note(f"Note {number}")
        ana.tag(f"Tag {number}")
        open_task(ana, f"Task {number}")
        make_field(f"Field {number}")
        Automation.make(f"Playbook {number}", "nurture", {"trigger": {"kind": "payment.failed"}, "steps": [
            {"id": "tag", "do": "add_tag", "tag": "X"}]}).switch_on()
    template = Template(name="Hi", channel="sandbox", subject="Hi", body="Dear {{first_name|you}}")
    db.session.add_all([template, MergeSuggestion(person_id=ana.id, other_id=bo.id, reason="same phone")])
    db.session.flush()
    merge(ana, meet(PersonRef(email="double@x.example"), "whop"))
    for number in range(8):
        send(ana, template, dedupe_key=f"hi:{number}")
    db.session.commit()
    return ana


def test_the_page_asks_little_however_long_the_history(desk, busy):
    here = f"/people/{busy.public_id}"
    desk.get(here)                        # what a process learns once is not the page's
    db.session.add(Template(name="Other", channel="sandbox", subject="Hi", body="Hi"))
    db.session.commit()                   # and nothing is known from before
    with questions() as asked:
        page = desk.get(here)
    assert page.status_code == 200 and page.text.count('class="what"') == 20
    assert len(asked) <= MOST + is_postgres(), "\n\n".join(one.split("FROM", 1)[-1][:150] for one in asked)


def test_an_older_stretch_asks_still_less(desk, busy, htmx):
    here = f"/people/{busy.public_id}"
    with questions() as asked:
        part = desk.get(f"{here}?group=activity", headers=htmx)
    assert part.text.count('class="what"') == 20 and len(asked) <= 6
