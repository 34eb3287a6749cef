"""Who comes into a watched segment and who leaves it: told once, with the reason, and playbooks start by it."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.automations.models import Automation, Enrollment
from app.kit.clock import now
from app.people import Person, erase
from app.segments import Segment, SegmentMember, SegmentMove, SegmentSize, watch
from app.segments.jobs import look, look_by_the_clock, measure
from app.spine.db import as_account, db
from app.spine.events import Event, record, record_all

PAST_DUE = {"all": [{"field": "membership_status", "op": "is", "value": "past_due"}]}
FRESH = {"all": [{"field": "last_active_at", "op": "in_last", "value": {"n": 7, "unit": "days"}}]}


@pytest.fixture
def late(account, crowd):
    segment = Segment(name="Late payers", condition=PAST_DUE)
    db.session.add(segment)
    db.session.flush()
    watch(segment)
    db.session.commit()
    return segment


def told(kind):
    return [(event.person_id, event.data) for event in db.session.scalars(
        select(Event).where(Event.kind == kind).order_by(Event.id))]


def moves(segment):
    return [(move.person.name.split()[0], move.entered, move.why) for move in db.session.scalars(
        select(SegmentMove).where(SegmentMove.segment_id == segment.id).order_by(SegmentMove.id))]


def test_who_is_in_it_when_the_watch_begins_is_no_news(late, crowd):
    assert db.session.scalars(select(SegmentMember.person_id)).all() == [crowd[2].id]
    look(late.account_id)
    assert moves(late) == [] and told("segment.entered") == []


def test_coming_and_going_is_told_once_with_what_led_to_it(late, crowd, run_jobs, time_machine):
    ana, _, cy = crowd
    ana.membership_status = "past_due"
    record("payment.failed", ana, source="test", amount=4900)
    cy.membership_status = "active"
    record("payment.succeeded", cy, source="test")
    db.session.commit()
    time_machine.move_to(now() + timedelta(seconds=10))
    run_jobs()
    assert moves(late)[0][:2] == ("Cy", False) and moves(late)[1][:2] == ("Ana", True)
    assert [why.split()[0] for *_, why in moves(late)] == ["Paid", "Payment"]
    data = {"segment": late.public_id, "segment_name": "Late payers"}
    assert told("segment.entered") == [(ana.id, data)] and told("segment.left") == [(cy.id, data)]
    look(late.account_id)
    assert len(moves(late)) == 2 and len(told("segment.entered")) == 1


def test_growing_older_is_found_by_the_clock(account, crowd, run_jobs, time_machine):
    segment = Segment(name="Fresh", condition=FRESH)
    db.session.add(segment)
    db.session.flush()
    watch(segment)
    db.session.commit()
    time_machine.move_to(now() + timedelta(days=9))
    look_by_the_clock()
    db.session.commit()
    run_jobs()
    assert moves(segment) == [("Ana", False, "Time passed.")]


def test_a_changed_question_starts_nothing(desk, late, crowd, run_jobs):
    form = {"name": "Late payers", "c.match": "all", "c.0.field": "stage", "c.0.op": "is", "c.0.value": "lead"}
    assert desk.post(f"/segments/{late.public_id}", data=form).status_code == 303
    run_jobs()
    assert sorted(moves(late)) == [("Bo", True, "The segment's question was changed."),
                                   ("Cy", False, "The segment's question was changed.")]
    assert told("segment.entered") == [] == told("segment.left")


def test_a_playbook_starts_by_entering(desk, late, crowd, run_jobs, time_machine):
    ana = crowd[0]
    answer = desk.post("/playbooks/rules", data={
        "name": "Note late ones", "when": "segment.entered", "segment": late.public_id, "do": "add_tag", "tag": "Late",
        "c.match": "all"})
    assert answer.status_code == 303, answer.text
    rule = db.session.scalar(select(Automation))
    assert rule.plan.segment == late.public_id and "Late payers" in desk.get(answer.location).text
    rule.switch_on()
    db.session.commit()
    ana.membership_status = "past_due"
    record("payment.failed", ana, source="test")
    db.session.commit()
    time_machine.move_to(now() + timedelta(seconds=10))
    run_jobs()
    assert db.session.scalars(select(Enrollment.person_id)).all() == [ana.id]
    assert [tag.name for tag in db.session.get(Person, ana.id).tags] == ["Late", "VIP"]
    assert desk.post(f"/segments/{late.public_id}/watch/removal").status_code == 409
    assert desk.post(f"/segments/{late.public_id}/removal").status_code == 409


def test_a_trigger_wants_its_segment_and_watches_it(desk, account, crowd):
    plain = Segment(name="Plain", condition=PAST_DUE)
    db.session.add(plain)
    db.session.commit()
    form = {"name": "X", "when": "segment.left", "do": "add_tag", "tag": "Gone", "c.match": "all"}
    refused = desk.post("/playbooks/rules", data=form)
    assert refused.status_code == 422 and "hoose which segment" in refused.text
    assert plain.watched_at is None
    assert desk.post("/playbooks/rules", data={**form, "segment": plain.public_id}).status_code == 303
    db.session.refresh(plain)
    assert plain.watched_at is not None


def test_its_page_says_who_and_why(desk, late, crowd, run_jobs, time_machine):
    assert "Nobody came or went yet" in desk.get(f"/segments/{late.public_id}/history").text
    crowd[0].membership_status = "past_due"
    record("payment.failed", crowd[0], source="test")
    db.session.commit()
    time_machine.move_to(now() + timedelta(seconds=10))
    run_jobs()
    page = desk.get(f"/segments/{late.public_id}/history").text
    assert "Ana Lima" in page and "Entered" in page and "ayment" in page
    desk.post(f"/segments/{late.public_id}/watch/removal")
    assert "This segment is not watched" in desk.get(f"/segments/{late.public_id}/history").text
    desk.post(f"/segments/{late.public_id}/watch")
    assert "Watched since" in desk.get(f"/segments/{late.public_id}/history").text


def test_its_size_is_kept_by_the_day(late, crowd, desk, time_machine):
    for _ in range(3):
        measure(late.account_id)
        db.session.commit()
        time_machine.move_to(now() + timedelta(days=1))
        crowd[0].membership_status = "past_due"
        db.session.commit()
    sizes = db.session.scalars(select(SegmentSize.people).order_by(SegmentSize.day)).all()
    assert sizes == [1, 2, 2]
    measure(late.account_id)
    db.session.commit()
    assert 'class="spark"' in desk.get(f"/segments/{late.public_id}").text


def test_other_accounts_and_the_erased_are_left_alone(late, crowd, other_account, run_jobs):
    with as_account(other_account.id):
        db.session.add(Person(name="Foreign Fay", membership_status="past_due"))
        db.session.commit()
    look(late.account_id)
    assert moves(late) == []
    erase(db.session.get(Person, crowd[2].id))
    db.session.commit()
    assert db.session.scalars(select(SegmentMember)).all() == []


def test_one_event_of_many_is_a_few_statements_unless_somebody_listens(account, crowd, late, run_jobs):
    ids = [one.id for one in crowd]
    record_all("person.tagged", ids, tag="Mass")
    db.session.commit()
    assert [person_id for person_id, data in told("person.tagged") if data["tag"] == "Mass"] == ids
    rule = Automation.make("Greet", "rule", {
        "trigger": {"kind": "person.tagged"}, "audience": {"all": []}, "reentry": {"policy": "always"},
        "steps": [{"id": "act", "do": "add_note", "body": "Tagged."}]})
    rule.switch_on()
    db.session.commit()
    record_all("person.tagged", ids, tag="Again")
    db.session.commit()
    assert set(db.session.scalars(select(Enrollment.person_id))) == set(ids)
