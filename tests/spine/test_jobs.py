"""Jobs: written with their cause, run once, tried again, given up, fenced."""
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kit.clock import now, real_now
from app.spine.db import across_accounts, db
from app.spine.jobs import GiveUp, Job, Later, drain, job
from app.spine.jobs import run as running
from app.spine.jobs.bell import Bell, ring

RAN = []


@job
def greet(name):
    RAN.append(name)


@job(tries=2)
def stumble(name):
    RAN.append(name)
    raise OSError("the line is down")


@job
def refuse(name):
    raise GiveUp("nobody is called that")


@job
def postpone(name):
    if not RAN:
        RAN.append("postponed")
        raise Later(now() + timedelta(hours=1), "too early")


@pytest.fixture(autouse=True)
def fresh():
    RAN.clear()


def jobs():
    db.session.expire_all()
    return db.session.scalars(select(Job).where(Job.slot.is_(None)).order_by(Job.id)).all()


def test_a_job_is_part_of_the_transaction_that_caused_it(account):
    greet.later("Ana")
    db.session.rollback()
    assert drain() >= 0 and RAN == []
    greet.later("Bo")
    drain()
    assert RAN == ["Bo"] and jobs()[0].state == "done"


def test_none_is_no_argument(account):
    with pytest.raises(ValueError, match="None"):
        greet.later(None)


def test_a_key_holds_one_waiting_job_and_the_earlier_moment_wins(account):
    soon, late = now() + timedelta(minutes=1), now() + timedelta(hours=1)
    greet.later("Ana", key="greet:1", at=late)
    greet.later("Ana", key="greet:1", at=soon)
    greet.later("Ana", key="greet:1", at=late)
    assert [row.run_at for row in jobs()] == [soon]


def test_jobs_of_one_key_never_run_side_by_side(account):
    greet.later("Ana", key="lane")
    db.session.commit()
    assert len(running.claim(5, "one")) == 1
    greet.later("Bo", key="lane")
    db.session.commit()
    assert running.claim(5, "two") == []


def test_a_failure_is_tried_again_later_and_then_is_dead_with_its_reason(account):
    stumble.later("Ana")
    drain()
    row = jobs()[0]
    assert row.state == "ready" and row.run_at > now() and "the line is down" in row.error
    row.run_at = now()
    drain()
    assert jobs()[0].state == "dead" and RAN == ["Ana", "Ana"]


def test_giving_up_fails_at_once_and_can_be_retried_by_hand(account):
    refuse.later("Ana")
    drain()
    row = jobs()[0]
    assert (row.state, row.error) == ("failed", "nobody is called that")
    row.retry()
    assert row.state == "ready"


def test_later_is_not_a_failure(account):
    postpone.later("x")
    drain()
    row = jobs()[0]
    assert (row.state, row.attempt, row.error) == ("ready", 0, "too early")


def test_a_dead_workers_job_is_taken_up_and_its_late_ghost_is_fenced(account):
    greet.later("Ana")
    db.session.commit()
    [(job_id, attempt, _)] = running.claim(1, "ghost")
    row = jobs()[0]
    row.lease_until = real_now() - timedelta(seconds=1)
    db.session.commit()
    with across_accounts():
        assert running.reap() == 1
    drain()
    assert RAN == ["Ana"]
    assert running.run(job_id, attempt) == "stale" and RAN == ["Ana"]


def test_three_deaths_make_a_poison_job(account):
    greet.later("Ana")
    db.session.commit()
    for _ in range(3):
        running.claim(1, "ghost")
        row = jobs()[0]
        row.lease_until, row.run_at = real_now() - timedelta(seconds=1), now()
        db.session.commit()
        running.reap()
    assert jobs()[0].state == "dead" and "died 3 times" in jobs()[0].error


def test_two_planners_make_one_slot(account):
    running.plan_schedules()
    count = len(db.session.scalars(select(Job)).all())
    running.plan_schedules()
    assert len(db.session.scalars(select(Job)).all()) == count


def test_released_jobs_wait_again_with_their_try_given_back(account):
    greet.later("Ana")
    db.session.commit()
    [(job_id, _, _)] = running.claim(1, "one")
    running.release([job_id])
    row = jobs()[0]
    assert (row.state, row.attempt) == ("ready", 0)


@pytest.mark.parametrize("trouble", [OSError("the line is down"), KeyError("a bug")])
def test_a_batch_that_breaks_off_is_not_held_on_to(app, account, monkeypatch, trouble):
    from app.spine.jobs import worker
    for name in ("Ana", "Bo"):
        greet.later(name)
    db.session.commit()

    def broken(job_id, attempt):
        raise trouble
    monkeypatch.setattr(worker, "POLL", 0)
    monkeypatch.setattr(running, "run", broken)
    lane = worker.Worker(app)
    assert lane.turn(["default"]) is False and lane.held == set()
    assert [row.state for row in jobs()] == ["running", "running"], "their leases end, and then they are taken up again"


def test_a_folder_that_takes_no_bell_is_polled(app, monkeypatch):
    """Its path is too long for a socket: the worker looks by itself, and whoever rings goes on."""
    monkeypatch.setitem(app.config, "DATA_DIR", app.config["DATA_DIR"] / ("long" * 40))
    began = time.monotonic()
    Bell().wait(0.05)
    assert time.monotonic() - began >= 0.05
    ring()
