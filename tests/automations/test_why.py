"""Why somebody got it or not, and what a dry run says, against what then happens."""
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.automations import Automation, Enrollment
from app.automations.rehearsal import at_once, rehearse
from app.automations.why import why
from app.kit.clock import frozen, now
from app.messaging import Message
from app.people import meet
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.facts import PersonRef
from app.spine.jobs import drain

START = datetime(2026, 3, 2, 15, tzinfo=UTC)
MEMBERS = {"all": [{"field": "stage", "op": "is", "value": "member"},
                   {"field": "country", "op": "is", "value": "PT"}]}


@pytest.fixture(autouse=True)
def forward():
    with frozen(START) as forward:
        yield forward


def failed(person, payment="pay_1", **more):
    event = record("payment.failed", person, key=f"{payment}:{now().isoformat()}", source="payments", payment=payment,
                   money="$49.00", why="no money", **more)
    db.session.commit()
    drain()
    return event


def said(automation, person) -> str:
    return "\n".join(why(automation, person))


def test_who_got_it_reads_step_by_step(playbook, ana, forward):
    automation = playbook()
    failed(ana)
    forward(hours=1)
    drain()
    told = said(automation, ana)
    assert "On 2 Mar at 10:00 Ana Silva entered, because of this: payment failed, payment of $49.00 failed" in told
    assert "Tagged as Failed." in told and "“Hi Ana” went out on 2 Mar at 11:00" in told
    assert "The next step comes on 3 Mar at 10:00." in told
    automation.switch_off()
    assert "switched off, so nothing goes on" in said(automation, ana)


def test_who_left_and_why(playbook, ana, forward):
    automation = playbook()
    failed(ana)
    record("payment.succeeded", ana, payment="pay_1", money="$49.00")
    db.session.commit()
    assert "not inside any more: reached the goal, 2 Mar at 10:00" in said(automation, ana)


def test_a_message_that_was_not_sent_says_why(playbook, ana, forward):
    automation = playbook(steps=[{"id": "mail", "do": "send", "template": template_id()}])
    failed(ana)
    message = db.session.scalar(select(Message))
    message.state, message.reason_words, message.sent_at = "skipped", "Ana stopped all mail.", None
    assert "was not sent. Ana stopped all mail." in said(automation, ana)


def template_id():
    from app.messaging import Template
    return db.session.scalar(select(Template.public_id))


def test_never_on_and_nothing_happened(playbook, ana):
    automation = playbook()
    automation.enabled_at = automation.launched_at = None
    told = said(automation, ana)
    assert "never switched on" in told and "Nothing that starts it happened to Ana Silva" in told
    failed(ana)
    assert "The playbook had not been switched on yet." in said(automation, ana)


def test_not_in_the_audience_names_the_part_that_fails(playbook, ana, bo):
    automation = playbook(audience=MEMBERS)
    failed(ana)
    told = said(automation, ana)
    assert "Not so: country is PT." in told and "Not so: stage" not in told
    assert "Not so: stage is Member. Not so: country is PT." in said(automation, bo)


def test_left_alone_inside_and_too_soon(playbook, ana, forward):
    automation = playbook()
    automation.hold_out = 100
    failed(ana)
    assert "left alone to compare with: 100%" in said(automation, ana)
    again = playbook(reentry={"policy": "after_days", "days": 30})
    forward(days=1)
    failed(ana, "pay_2")
    forward(days=3)
    failed(ana, "pay_3")
    assert "Ana Silva left it less than 30 days ago." in said(again, ana)


def test_late_news(playbook, ana):
    automation = playbook()
    automation.launched_at = START - timedelta(days=30)
    record("payment.failed", ana, at=START - timedelta(days=2), payment="pay_1", money="$1", why="x")
    db.session.commit()
    assert "more than six hours later" in said(automation, ana)


def test_the_person_page_shows_where_they_stand(desk, playbook, ana, bo):
    automation = playbook()
    failed(ana)
    for person, words in ((ana, "Wait 1 hour"), (bo, "Not entered")):
        shown = desk.get(f"/people/{person.public_id}").text
        assert words in shown and f"/playbooks/{automation.public_id}/why/{person.public_id}" in shown


def test_a_person_without_playbooks_shows_no_panel(desk, ana):
    assert "person-playbooks" not in desk.get(f"/people/{ana.public_id}").text


def test_the_dry_run_tells_what_then_happens(playbook, ana, bo, forward):
    """Rehearsed over what is recorded, and lived through by a twin: the same people at the same times."""
    lived = playbook(audience={"all": [{"field": "stage", "op": "is", "value": "member"}]})
    failed(ana)
    failed(bo, "pay_b")
    forward(days=1)
    failed(ana)                                           # the same payment again
    failed(ana, "pay_2")
    twin = Automation.make("Twin", "churnsave", lived.plan.spec)
    db.session.commit()
    before = db.session.scalar(select(func.count()).select_from(Enrollment))
    run = rehearse(twin)
    assert [(one.person.id, one.at) for one in reversed(run.entries)] == db.session.execute(
        select(Enrollment.person_id, Enrollment.entered_at).order_by(Enrollment.id)).tuples().all()
    assert run.refused == {"audience": 1, "entered_before": 1} and run.seen == 4 and run.people == 1
    assert db.session.scalar(select(func.count()).select_from(Enrollment)) == before and run.assumed


def test_the_dry_run_knows_what_came_later_only_when_it_came(playbook, ana, forward):
    """A payment that was saved later still counts as one that would have entered."""
    automation = playbook()
    automation.switch_off()
    failed(ana)
    forward(hours=3)
    record("payment.succeeded", ana, payment="pay_1", money="$49.00")
    db.session.commit()
    assert rehearse(automation).entered == 1


def test_the_dry_run_is_of_the_draft_and_counts_hold_outs_and_stays_bounded(playbook, ana, forward):
    automation = playbook()
    automation.switch_off()
    for number in range(3):
        failed(ana, f"pay_{number}")
        forward(minutes=1)
    automation.hold_out = 100
    run = rehearse(automation, limit=2)
    assert run.entered == 0 and len(run.entries) == 2 and run.cut and any("latest 2" in one for one in run.assumed)
    automation.redraft({**automation.working, "reentry": {"policy": "once"}})
    assert len(rehearse(automation).entries) == 1


@pytest.mark.parametrize("trigger, column", [("tenure.reached", "joined_at"), ("inactivity.reached", "last_active_at")])
def test_days_that_pass_are_rehearsed_from_where_they_are_counted(playbook, account, trigger, column, forward):
    for number, days in enumerate((1, 14, 50, 200)):
        person = meet(PersonRef(email=f"p{number}@example.test"), "whop")
        person.stage = "member"
        setattr(person, column, START - timedelta(days=days))
    automation = Automation.make("Days", "upsell", {"trigger": {"kind": trigger, "days": 14}, "steps": [
        {"id": "t", "do": "add_tag", "tag": "Days"}]})
    db.session.commit()
    assert rehearse(automation).entered == 2 and at_once(automation) == 3
    automation.switch_on()
    db.session.commit()
    drain()
    assert db.session.scalar(select(func.count()).select_from(Enrollment)) == 3 and at_once(automation) == 0
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == trigger)) == 3
