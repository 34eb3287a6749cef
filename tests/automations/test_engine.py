"""The engine: in once, step by step, out at the goal, never twice, never in circles."""
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.automations import Automation, Enrollment, StepRun
from app.automations import engine as engine_room
from app.automations.plan import BadPlan, parse
from app.kit.clock import frozen, now
from app.messaging import Message
from app.people import Tagging
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.jobs import drain

START = datetime(2026, 3, 2, 15, tzinfo=UTC)       # ten in the morning in New York


@pytest.fixture(autouse=True)
def forward():
    with frozen(START) as forward:
        yield forward


def failed(person, payment="pay_1", **more):
    event = record("payment.failed", person, key=f"{payment}:{now().isoformat()}", source="payments", payment=payment,
                   amount=4900, currency="USD", money="$49.00", why="no money", **more)
    db.session.commit()
    drain()
    return event


def inside():
    db.session.expire_all()
    return [(e.state, e.step_id, e.reason) for e in db.session.scalars(select(Enrollment).order_by(Enrollment.id))]


def messages():
    return db.session.scalar(select(func.count()).select_from(Message))


def test_step_by_step_through_the_plan(playbook, ana, forward):
    playbook()
    failed(ana)
    assert [tag.name for tag in ana.tags] == ["Failed"] and inside() == [("waiting", "hour", None)]
    forward(minutes=59)
    assert drain() and messages() == 0
    forward(minutes=1)
    drain()
    assert messages() == 1 and inside() == [("waiting", "day", None)]
    assert db.session.scalar(select(Enrollment.due_at)) == START + timedelta(days=1)
    forward(days=1)
    drain()
    assert inside() == [("completed", None, "done")]
    assert sorted(tag.name for tag in ana.tags) == ["Failed", "Told twice"]
    words = db.session.scalars(select(StepRun.words).order_by(StepRun.id)).all()
    assert words[0] == "Tagged as Failed." and words[2] == "Wrote “Hello”."


def test_the_same_cause_enrols_once_and_another_payment_again(playbook, ana):
    playbook()
    failed(ana)
    failed(ana)
    assert len(inside()) == 1
    failed(ana, "pay_2")
    assert len(inside()) == 2


def test_the_goal_ends_it_for_its_own_payment_only(playbook, ana, forward):
    playbook()
    failed(ana)
    failed(ana, "pay_2")
    forward(minutes=5)
    record("payment.succeeded", ana, payment="pay_1", money="$49.00")
    db.session.commit()
    assert inside() == [("completed", "hour", "goal"), ("waiting", "hour", None)]
    forward(hours=2)
    drain()
    assert messages() == 1


def test_a_message_written_before_the_goal_does_not_go_out(playbook, ana, forward):
    playbook()
    failed(ana)
    forward(hours=1)
    [enrollment] = db.session.scalars(select(Enrollment)).all()
    engine_room.advance(enrollment.id)
    record("payment.succeeded", ana, payment="pay_1", money="$49.00")
    db.session.commit()
    drain()
    message = db.session.scalar(select(Message))
    assert (message.state, message.reason) == ("skipped", "exited")


def test_off_lets_nobody_in_and_keeps_those_inside_where_they_are(playbook, ana, bo, forward):
    automation = playbook()
    failed(ana)
    automation.switch_off()
    db.session.commit()
    failed(bo)
    forward(hours=3)
    drain()
    assert inside() == [("waiting", "hour", None)] and messages() == 0
    automation.switch_on()
    db.session.commit()
    drain()
    assert messages() == 1


def test_only_its_audience_enters(playbook, ana, bo):
    playbook(audience={"all": [{"field": "stage", "op": "is", "value": "member"}]})
    failed(ana)
    failed(bo, "pay_2")
    assert [e.person_id for e in db.session.scalars(select(Enrollment))] == [ana.id]


def test_a_branch_asks_and_goes_on_after_it(playbook, ana, bo):
    playbook(steps=[{"id": "ask", "do": "branch", "if": {"field": "stage", "op": "is", "value": "member"},
                     "yes": [{"id": "y", "do": "add_tag", "tag": "Member"}],
                     "no": [{"id": "n", "do": "add_tag", "tag": "Guest"}]},
                    {"id": "end", "do": "add_note", "body": "Asked."}])
    failed(ana)
    failed(bo, "pay_2")
    assert [t.name for t in ana.tags] == ["Member"] and [t.name for t in bo.tags] == ["Guest"]
    assert len(ana.notes) == len(bo.notes) == 1


def test_hold_outs_are_the_same_people_every_time_and_get_nothing(playbook, ana):
    automation = playbook()
    automation.hold_out = 100
    db.session.commit()
    failed(ana)
    assert inside() == [("exited", None, "held_out")] and ana.tags == []


def test_news_from_last_week_starts_nothing(playbook, ana, forward):
    playbook()
    record("payment.failed", ana, at=now() - timedelta(days=7), payment="pay_9", money="$1", why="x")
    db.session.commit()
    assert inside() == []


def test_two_playbooks_that_cause_each_other_stop(playbook, ana):
    on_tag = {"trigger": {"kind": "person.tagged"}, "reentry": {"policy": "per_key"}, "goal": None}
    playbook(**on_tag, steps=[{"id": "a", "do": "remove_tag", "tag": "Failed"}])
    playbook(trigger={"kind": "person.untagged"}, reentry={"policy": "per_key"}, goal=None,
             steps=[{"id": "b", "do": "add_tag", "tag": "Failed"}])
    ana.tag("Failed")
    db.session.commit()
    assert drain() < 40
    assert any(reason == "loop_guard" for _, _, reason in inside()) or len(inside()) < 6


def test_a_broken_step_is_tried_again_and_then_fails_with_its_reason(playbook, ana, forward, monkeypatch):
    playbook()
    monkeypatch.setattr(type(ana), "tag", lambda *a, **k: 1 / 0)
    failed(ana)
    assert inside() == [("active", "tag", None)]
    for seconds in engine_room.BACK_OFF:
        forward(seconds=seconds)
        drain()
    assert inside() == [("failed", "tag", "error")]
    assert "ZeroDivisionError" in db.session.scalar(select(StepRun.words))


def test_tenure_lets_in_those_who_reached_it_once(playbook, ana, forward):
    ana.joined_at = now() - timedelta(days=13)
    db.session.commit()
    playbook(trigger={"kind": "tenure.reached", "days": 14}, reentry={"policy": "once"}, goal=None,
             steps=[{"id": "t", "do": "add_tag", "tag": "Fortnight"}])
    drain()
    assert inside() == []
    forward(days=1, minutes=10)
    drain()
    forward(minutes=10)
    drain()
    assert len(inside()) == 1 and [t.name for t in ana.tags] == ["Fortnight"]


def test_a_new_version_leaves_those_inside_on_the_old_one_unless_asked(playbook, ana, bo, forward):
    automation = playbook()
    failed(ana)
    spec = dict(automation.plan.spec)
    spec["steps"] = [{"id": "hour", "do": "wait", "seconds": 3600}, {"id": "new", "do": "add_tag", "tag": "New"}]
    automation.publish(spec, running="move")
    db.session.commit()
    forward(hours=1)
    drain()
    assert sorted(t.name for t in ana.tags) == ["Failed", "New"] and messages() == 0


@pytest.mark.parametrize("plan, path", [
    ({}, "trigger.kind"), ({"trigger": {"kind": "moon.full"}}, "trigger.kind"),
    ({"trigger": {"kind": "payment.failed"}, "steps": []}, "steps"),
    ({"trigger": {"kind": "payment.failed"}, "steps": [{"id": "a", "do": "dance"}]}, "steps.0"),
    ({"trigger": {"kind": "payment.failed"}, "steps": [{"id": "a", "do": "wait", "seconds": 0}]}, "steps.0.seconds"),
    ({"trigger": {"kind": "payment.failed"}, "audience": {"field": "shoe", "op": "is", "value": 1},
      "steps": [{"id": "a", "do": "wait", "seconds": 5}]}, "audience")])
def test_a_plan_that_cannot_work_says_where(account, plan, path):
    with pytest.raises(BadPlan) as bad:
        parse(plan)
    assert bad.value.path == path


def test_presets_come_with_the_account_exactly_and_off(account):
    from app.automations import install
    install(account)
    db.session.commit()
    found = {one.name: one for one in db.session.scalars(select(Automation))}
    assert set(found) == {"First Purchase", "Upgrade to Pro", "Payment Failed"}
    assert not any(one.on for one in found.values())
    hours = [n.spec["seconds"] // 3600 for n in found["First Purchase"].plan.nodes.values() if n.do == "wait"]
    assert sorted(hours) == [1, 24, 72]
    assert found["Upgrade to Pro"].plan.spec["trigger"] == {"kind": "tenure.reached", "days": 14}
    assert db.session.scalar(select(func.count()).select_from(Event)) == 0
    assert db.session.scalar(select(func.count()).select_from(Tagging)) == 0
