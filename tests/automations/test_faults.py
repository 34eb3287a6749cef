"""What goes wrong in life: killed workers, two at once, events in the wrong order, people and playbooks gone."""
import contextvars
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.automations import Automation, Enrollment, StepRun, engine
from app.automations.jobs import BATCH, calendar
from app.kit.clock import frozen, now, real_now
from app.messaging import Message
from app.people import meet
from app.spine.conditions import BadCondition
from app.spine.db import across_accounts, as_account, db, serve
from app.spine.events import record
from app.spine.facts import PersonRef
from app.spine.failpoints import POINTS
from app.spine.jobs import Job, drain

ROOT = Path(__file__).resolve().parents[2]
WORK = """
from app import create_app
from app.spine.jobs import drain
app = create_app()
with app.app_context():
    drain()
"""
START = datetime(2026, 3, 2, 15, tzinfo=UTC)
POINTS_HERE = ("automation.before_commit", "automation.after_commit")


@pytest.fixture
def still():
    with frozen(START) as forward:
        yield forward


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def one() -> Enrollment:
    db.session.expire_all()
    return db.session.scalar(select(Enrollment))


def failed(person, payment="pay_1", at=None):
    record("payment.failed", person, at=at, key=f"{payment}:{at or now()}", source="payments", payment=payment,
           money="$49", why="no money")
    db.session.commit()


def test_every_point_is_walked(app):
    assert {name for name in POINTS if name.startswith("automation.")} == set(POINTS_HERE)


@pytest.mark.parametrize("name", POINTS_HERE)
def test_killed_in_the_middle_and_taken_up_again(app, account, playbook, ana, letter, name):
    """The worker dies around the commit; the next one ends with one message and one line a step."""
    playbook(steps=[{"id": "mail", "do": "send", "template": letter.public_id},
                    {"id": "t", "do": "add_tag", "tag": "Told"},
                    {"id": "n", "do": "add_note", "body": "Written."}])
    failed(ana)
    account_id, ana_id = account.id, ana.id
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "SECRET_KEY": app.config["SECRET_KEY"], "DATA_DIR": str(app.config["DATA_DIR"]),
                   "PUBLIC_URL": "http://localhost", "FAILPOINT": f"{name}:kill"}
    db.session.remove()
    died = subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environment, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    serve(account_id)
    assert count(Message) == (1 if name.endswith("after_commit") else 0)
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(
        lease_until=real_now() - timedelta(seconds=1)))
    db.session.commit()
    from app.spine.jobs.run import reap
    reap()
    with frozen(now() + timedelta(minutes=2)):
        drain()
    serve(account_id)
    assert one().state == "completed" and count(Message) == 1 and count(StepRun) == 3
    person = one().person
    assert person.id == ana_id and [tag.name for tag in person.tags] == ["Told"] and len(person.notes) == 1


def test_two_workers_at_once_do_each_step_once(app, account, playbook, ana, letter):
    playbook(steps=[{"id": "n", "do": "add_note", "body": "Once."},
                    {"id": "mail", "do": "send", "template": letter.public_id}])
    failed(ana)
    enrollment_id, account_id = one().id, account.id
    db.session.commit()
    ready, done = threading.Barrier(4), []

    def work():
        with app.app_context(), as_account(account_id):
            ready.wait(10)
            done.append(engine.advance(enrollment_id))
            db.session.remove()
    threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [False, False, False, True]
    assert count(StepRun) == 2 and count(Message) == 1 and len(one().person.notes) == 1


def test_what_was_over_before_we_heard_of_it_does_not_begin(playbook, ana, still):
    playbook()
    record("payment.succeeded", ana, at=now() - timedelta(minutes=1), payment="pay_1", money="$49")
    failed(ana, at=now() - timedelta(minutes=5))
    failed(ana, "pay_2", at=now() - timedelta(minutes=4))
    assert [one.subject for one in db.session.scalars(select(Enrollment))] == ["pay_2"]


def test_a_goal_between_the_failure_and_our_hearing_of_it_counts(playbook, ana, still):
    """Failed at 14:55, paid at 14:58, both heard of at 15:00, in order."""
    playbook()
    failed(ana, at=now() - timedelta(minutes=5))
    record("payment.succeeded", ana, at=now() - timedelta(minutes=2), payment="pay_1", money="$49")
    db.session.commit()
    assert (one().state, one().reason) == ("completed", "goal")


def test_publishing_with_exit_lets_everybody_go_and_stops_their_messages(playbook, ana, still):
    automation = playbook()
    failed(ana)
    still(hours=1)
    engine.advance(one().id)
    engine.advance(one().id)
    automation.publish(automation.plan.spec, running="exit")
    db.session.commit()
    drain()
    assert (one().state, one().reason) == ("exited", "new_version")
    assert [message.state for message in db.session.scalars(select(Message))] == ["skipped"]


def test_erased_and_merged_people_neither_enter_nor_go_on(playbook, ana, bo, still):
    playbook()
    failed(ana)
    ana.erased_at = now()
    bo.merged_into_id = ana.id
    failed(bo, "pay_2")
    drain()
    assert count(Enrollment) == 1 and (one().state, one().reason) == ("exited", "gone")
    assert ana.tags == [] and count(Message) == 0


def test_put_away_lets_everybody_go(playbook, ana, still):
    automation = playbook()
    failed(ana)
    automation.put_away()
    db.session.commit()
    still(days=2)
    drain()
    assert (one().state, one().reason) == ("exited", "archived") and count(Message) == 0
    failed(ana, "pay_2")
    assert count(Enrollment) == 1


def test_archived_without_ado_sends_nothing_and_keeps_no_worker_busy(playbook, ana, still):
    """As the API does it: the row is archived, those inside stay where they are."""
    automation = playbook()
    failed(ana)
    still(hours=1)
    engine.advance(one().id)
    engine.advance(one().id)
    automation.archived_at = now()
    db.session.commit()
    before = ticks()
    assert engine.due() == [] and drain() and ticks() <= before + 1
    assert db.session.scalar(select(Message.state)) == "skipped"


def ticks() -> int:
    """How often the engine was woken so far."""
    with across_accounts():
        return db.session.scalar(select(func.count()).select_from(Job).where(Job.name == "automations.jobs.tick"))


def test_an_audience_that_cannot_be_asked_any_more_stops_nothing_else(playbook, ana, still, monkeypatch):
    from app.people import PERSON
    automation = playbook(audience={"all": [{"field": "stage", "op": "is", "value": "member"}]})
    playbook()

    def broken(tree, *_args, **_more):
        if tree == automation.plan.audience:
            raise BadCondition("there is no segment 'seg_1'")
        return True
    monkeypatch.setattr(PERSON, "matches", broken)
    failed(ana)
    assert [one.automation_id == automation.id for one in db.session.scalars(select(Enrollment))] == [False]


def test_a_message_that_bounces_ends_it_only_where_the_step_says_so(playbook, ana, letter, still):
    for step in ({"on_failure": "exit"}, {}):
        playbook(steps=[{"id": "mail", "do": "send", "template": letter.public_id, **step},
                        {"id": "later", "do": "wait", "seconds": 9000}])
    failed(ana)
    drain()
    for message in db.session.scalars(select(Message)).all():
        record("message.bounced", ana, message=message.public_id, subject="Hi")
    db.session.commit()
    ways = db.session.scalars(select(Enrollment).order_by(Enrollment.id)).all()
    assert [one.reason for one in ways] == ["message_failed", None]


def test_the_calendar_goes_through_everybody_in_batches(account, playbook, still):
    for number in range(BATCH + 5):
        person = meet(PersonRef(email=f"p{number}@example.test"), "whop")
        person.stage, person.joined_at = "member", now() - timedelta(days=20)
        person.staff = number < 3
    playbook(trigger={"kind": "tenure.reached", "days": 14}, reentry={"policy": "once"}, goal=None,
             steps=[{"id": "t", "do": "add_note", "body": "x"}])
    drain()
    assert count(Enrollment) == BATCH + 2


def test_silence_comes_again_and_counts_again(playbook, ana, still):
    ana.last_active_at = now() - timedelta(days=20)
    automation = playbook(trigger={"kind": "inactivity.reached", "days": 14}, goal=None,
                          reentry={"policy": "after_days", "days": 10},
                          steps=[{"id": "t", "do": "add_note", "body": "x"}])
    drain()
    calendar(automation.id)
    assert count(Enrollment) == 1
    still(days=1)
    ana.last_active_at = now()
    still(days=15)
    calendar(automation.id)
    assert count(Enrollment) == 2


def test_every_time_means_every_time(playbook, ana, still):
    playbook(reentry={"policy": "always"}, goal=None, steps=[{"id": "n", "do": "add_note", "body": "x"}])
    failed(ana)
    still(seconds=1)
    failed(ana)
    drain()
    assert len(ana.notes) == 2


def test_a_loop_through_three_playbooks_is_stopped_where_it_closes(playbook, ana, still):
    for number in range(3):
        playbook(trigger={"kind": "person.tagged", "condition": {"field": "event.data.tag", "op": "is",
                                                                "value": f"T{number}"}},
                 reentry={"policy": "always"}, goal=None,
                 steps=[{"id": "u", "do": "remove_tag", "tag": f"T{(number + 1) % 3}"},
                        {"id": "t", "do": "add_tag", "tag": f"T{(number + 1) % 3}"}])
    ana.tag("T0")
    db.session.commit()
    drain()
    held = db.session.scalars(select(Enrollment).order_by(Enrollment.id)).all()
    assert [one.reason for one in held] == ["done", "done", "done", "loop_guard"]


@pytest.mark.parametrize("spec", [{"steps": "x"}, {"steps": [None]}, {"goal": "payment.succeeded"}, {"exits": [3]},
                                  {"reentry": {"policy": "once", "days": 0}}, {"trigger": {"kind": "tenure.reached",
                                                                                           "days": "14"}}])
def test_odd_plans_are_refused_in_words(account, spec):
    from app.automations.plan import BadPlan, parse
    steps = [{"id": "a", "do": "add_tag", "tag": "x"}]
    with pytest.raises(BadPlan):
        parse({"trigger": {"kind": "payment.failed"}, "steps": steps, **spec})


def test_switching_on_an_empty_playbook_is_refused(account):
    from app.automations.plan import BadPlan
    automation = Automation.begin("Empty", "custom", {"trigger": {"kind": "payment.failed"}, "steps": []})
    with pytest.raises(BadPlan):
        automation.switch_on()
