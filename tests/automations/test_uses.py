"""A segment that a playbook asks for is not deleted."""
import pytest
from sqlalchemy import select

from app.automations import Automation, Enrollment
from app.segments import Segment
from app.spine.db import db
from app.spine.events import record
from app.spine.jobs import drain

TAG = {"id": "tag", "do": "add_tag", "tag": "Seen"}


@pytest.fixture
def regulars(account):
    segment = Segment(condition={"all": [{"field": "stage", "op": "is", "value": "member"}]})
    segment.rename("Regulars")
    db.session.add(segment)
    db.session.commit()
    return segment


def asking(segment, **leaf):
    return {"all": [{"field": "segment", "op": "is", "value": segment.public_id, **leaf}]}


def audience(segment):
    return {"audience": {"not": asking(segment)}, "steps": [TAG]}


def branch(segment):
    inner = {"id": "inner", "do": "branch", "if": asking(segment, op="in", value=[segment.public_id]), "yes": [TAG]}
    outer = {"id": "outer", "do": "branch", "if": {"all": [{"field": "stage", "op": "is", "value": "lead"}]},
             "no": [inner]}
    return {"steps": [outer]}


def playbook(**spec):
    made = Automation.make("Greeter", "custom", {"trigger": {"kind": "person.tagged"}, "steps": [TAG], **spec})
    db.session.commit()
    return made


def removed(desk, segment) -> bool:
    answer = desk.post(f"/segments/{segment.public_id}/removal")
    assert answer.status_code == 303 or "used by Greeter" in answer.text
    return answer.status_code == 303


@pytest.mark.parametrize("plan", [audience, branch])
def test_what_runs_keeps_its_segment(desk, regulars, plan):
    greeter = playbook(**plan(regulars))
    shown = desk.get(f"/segments/{regulars.public_id}").text
    assert f'href="/playbooks/{greeter.public_id}"' in shown and not removed(desk, regulars)
    greeter.publish({"trigger": {"kind": "person.tagged"}, "steps": [TAG]})
    db.session.commit()
    assert removed(desk, regulars)


def test_a_draft_keeps_it_too_until_it_is_gone(desk, regulars):
    greeter = playbook()
    greeter.redraft({**greeter.working, "audience": asking(regulars)})
    db.session.commit()
    assert not removed(desk, regulars)
    greeter.redraft(None)
    db.session.commit()
    assert removed(desk, regulars)


def test_a_condition_on_the_event_counts(desk, regulars):
    greeter = playbook()
    greeter.redraft({**greeter.working, "trigger": {"kind": "person.tagged", "condition": asking(regulars)}})
    db.session.commit()
    assert not removed(desk, regulars)


def test_an_older_version_counts_while_somebody_is_on_it(desk, regulars, ana):
    hour = {"id": "hour", "do": "wait", "seconds": 3600}
    greeter = playbook(trigger={"kind": "payment.failed"}, audience=asking(regulars), steps=[hour, TAG])
    greeter.switch_on()
    record("payment.failed", ana, key="k1", source="payments")
    db.session.commit()
    drain()
    greeter.publish({"trigger": {"kind": "payment.failed"}, "steps": [hour, TAG]})
    db.session.commit()
    assert not removed(desk, regulars)
    db.session.scalar(select(Enrollment)).state = "exited"
    db.session.commit()
    assert removed(desk, regulars)


def test_other_segments_are_free(desk, regulars):
    other = Segment(condition={})
    other.rename("Others")
    db.session.add(other)
    playbook(**audience(regulars))
    assert removed(desk, other)
