"""Claiming and running jobs: leases, attempt fencing, retries with back-off, dead letters, schedules."""
import random
import threading
import time
from datetime import timedelta
from functools import cache

import structlog
from croniter import croniter
from flask import current_app
from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import aliased

from app.kit.clock import now, real_now
from app.kit.redact import mask
from app.spine.db import ANY, db, is_postgres, only_reading, serve
from app.spine.failpoints import point, reach
from app.spine.prepared import straight

from . import OPEN, REGISTRY, SCHEDULES, GiveUp, Job, Later

LEASE = 45                     # seconds; workers renew every 15
BACK_OFF = (30, 120, 600, 3600, 21600, 86400)
CRASHES = 3
FIRST = ("inbox", "default")   # the lane nobody should wait for
side_by_side = threading.Event()  # set where lanes run at the same time, as in a worker
DRAIN = "drain"                # the name under which `worker drain` and tests run jobs
ASKED = select(Job.name, Job.account_id, Job.args, Job.attempt, Job.state).where(Job.id == bindparam("job"))
ENDED = update(Job).where(Job.id == bindparam("job"), Job.attempt == bindparam("tried"), Job.state == "running").values(
    state="done", finished_at=bindparam("ended"), lease_until=None, error=None)
log = structlog.get_logger("jobs")
CLAIMED = point("job.claimed", "a job is leased to a worker and has not started")
DONE = point("job.before_done", "a job's effects are made and not yet committed")
BROKEN = point("job.failed", "a job failed, its effects are undone, and what becomes of it is not yet committed")
RELEASED = point("job.released", "leases are given back and not yet committed")
REAPED = point("job.reaped", "a dead worker's jobs are taken back and not yet committed")
FINISHED = point("job.after_done", "a job is committed as done")


def claim(count: int, worker: str, queues=None, state: str = "running") -> list[tuple[int, int, str]]:
    """Lease up to `count` due jobs; (id, attempt, queue) each. Commits."""
    due = _due(tuple(queues or ())).params(moment=now()).order_by(Job.run_at, Job.id).limit(count)
    if is_postgres():
        due = due.with_for_update(skip_locked=True, of=Job)
    rows = db.session.execute(
        update(Job).where(Job.id.in_(due))
        .values(state=state, attempt=Job.attempt + 1, worker=worker, started_at=now(),
                lease_until=real_now() + timedelta(seconds=LEASE))
        .returning(Job.id, Job.attempt, Job.queue, Job.run_at).execution_options(synchronize_session=False)).all()
    db.session.commit()
    reach(CLAIMED)
    return [(row.id, row.attempt, row.queue) for row in sorted(rows, key=lambda row: (row.run_at, row.id))]


def anything_due(queues=None) -> bool:
    """A cheap look, without a write, whether claiming is worth it."""
    return bool(straight(_due(tuple(queues or ())).limit(1), {"moment": now()}).first())


@cache
def _due(queues: tuple):
    """Ids of jobs whose time has come and whose lane is free."""
    other = aliased(Job)
    busy = select(other.id).where(other.key == Job.key, other.state.in_(OPEN)).exists()
    due = select(Job.id).where(Job.state == "ready", Job.run_at <= bindparam("moment"), Job.key.is_(None) | ~busy)
    return due.where(Job.queue.in_(queues)) if queues else due


def renew(ids) -> None:
    """Keep the leases of jobs this worker still holds."""
    db.session.execute(update(Job).where(Job.id.in_(list(ids)), Job.state.in_(OPEN)).values(
        lease_until=real_now() + timedelta(seconds=LEASE)).execution_options(synchronize_session=False))
    db.session.commit()


def give_way(seconds: float = 1.0) -> None:
    """Between two batches of long sums: let webhooks go first while there are any, for so long at most.

    Only where lanes run beside each other; whoever drains jobs one after the other would wait for himself.
    """
    end = time.monotonic() + seconds
    pressing = (Job.queue.in_(FIRST), or_(Job.state.in_(OPEN), and_(Job.state == "ready", Job.run_at <= now())))
    while side_by_side.is_set() and time.monotonic() < end:
        only_reading()
        waits = db.session.scalar(select(Job.id).where(*pressing).limit(1))
        db.session.rollback()
        if waits is None:
            return
        time.sleep(0.05)


def release(ids) -> None:
    """Give claimed jobs back unrun: the broker refused them or the worker stops."""
    db.session.execute(update(Job).where(Job.id.in_(list(ids)), Job.state.in_(OPEN)).values(
        state="ready", attempt=Job.attempt - 1, lease_until=None).execution_options(synchronize_session=False))
    reach(RELEASED)
    db.session.commit()


def drop(name: str, held) -> None:
    """Let go of what this worker claimed and no longer has in hand: its database went away in the middle of it."""
    db.session.execute(update(Job).where(
        Job.state.in_(OPEN), Job.worker == name, Job.id.not_in(list(held)),
        Job.lease_until < real_now() + timedelta(seconds=LEASE - 5)).values(
        lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))


def abandon(name: str) -> int:
    """An embedded worker begins, so nobody else runs jobs here: what others hold is lost, and taken back now."""
    db.session.execute(update(Job).where(Job.state.in_(OPEN), Job.worker != name, Job.worker != DRAIN).values(
        lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))
    return reap()


def reap() -> int:
    """Take back jobs whose worker died; after three deaths a job is dead itself."""
    lost = db.session.scalars(select(Job).where(Job.state.in_(OPEN), Job.lease_until < real_now())).all()
    for row in lost:
        row.crashes += 1
        if row.crashes >= CRASHES:
            _end(row, "dead", f"its worker died {row.crashes} times while running it")
        else:
            _again(row, now(), "its worker died")
    reach(REAPED)
    db.session.commit()
    return len(lost)


def run(job_id: int, attempt: int) -> str:
    """Run one claimed job in a session of its own. How it went: done, retry, later, failed, dead, stale, fenced."""
    with current_app.app_context():
        row = _taken(job_id, attempt)
        if row is None:
            return "stale"
        name, account_id, args = row.name, row.account_id, row.args
        work, began = REGISTRY.get(name), time.monotonic()
        serve(account_id or ANY)
        try:
            if work is None:
                raise GiveUp(f"nothing here is called {name}")
            work.function(*args)
            how = _finish(job_id, attempt)
        except Exception as error:                       # every failure becomes a row that says so
            how = _failed(job_id, attempt, work, error)
        log.info("job", job=name, id=job_id, account=account_id, how=how, attempt=attempt,
                 ms=round((time.monotonic() - began) * 1000))
        return how


def _taken(job_id, attempt):
    """The job as its claim left it, now running; None when another attempt has it. Writes only what RQ was handed."""
    serve(ANY)
    only_reading()
    row = straight(ASKED, {"job": job_id}).first()
    db.session.rollback()
    if row is None or row.attempt != attempt or row.state not in OPEN:
        return None
    if row.state != "running":
        begun = db.session.execute(update(Job).where(
            Job.id == job_id, Job.attempt == attempt, Job.state.in_(OPEN)).values(state="running")
            .execution_options(synchronize_session=False))
        db.session.commit()
        return row if begun.rowcount == 1 else None
    return row


def _finish(job_id, attempt) -> str:
    reach(DONE)
    db.session.flush()
    done = straight(ENDED, {"job": job_id, "tried": attempt, "ended": now()})
    if done.rowcount != 1:
        db.session.rollback()
        return "fenced"
    db.session.commit()
    reach(FINISHED)
    return "done"


def _failed(job_id, attempt, work, error) -> str:
    db.session.rollback()
    serve(ANY)
    row = db.session.get(Job, job_id)
    if row is None or row.attempt != attempt:
        return "fenced"
    words = f"{type(error).__name__}: {error}"[:1000]
    if isinstance(error, Later):
        row.attempt -= 1
        _again(row, error.at, str(error) or None)
        how = "later"
    elif isinstance(error, GiveUp):
        how = _end(row, "failed", str(error))
    elif work is None or attempt >= work.tries:
        how = _end(row, "dead", words)
    else:
        wait = BACK_OFF[min(attempt, len(BACK_OFF)) - 1] * random.uniform(0.8, 1.2)
        _again(row, now() + timedelta(seconds=wait), words)
        how = "retry"
    reach(BROKEN)
    db.session.commit()
    if how not in ("later",):
        log.warning("job.failed", job=row.name, id=job_id, error=type(error).__name__, how=how, exc_info=how == "dead")
    return how


def _again(row, at, words) -> None:
    twin = row.key and db.session.scalar(select(Job.id).where(Job.key == row.key, Job.state == "ready"))
    if twin:
        _end(row, "done", words)          # the waiting job of the same key does this one's work
        return
    row.state, row.run_at, row.lease_until, row.error = "ready", at, None, words and mask(words)


def _end(row, state, words) -> str:
    row.state, row.finished_at, row.lease_until, row.error = state, now(), None, words and mask(words)
    return state


def plan_schedules() -> None:
    """Write the job of each schedule's latest slot; two hosts doing so make one row."""
    for name, (cron, work) in SCHEDULES.items():
        slot = croniter(cron, now()).get_prev(type(now()))
        work.later(slot=f"{name}:{slot:%Y-%m-%dT%H:%M}", account=None)
    db.session.commit()


def drain_all(limit: int) -> int:
    """Everything due, one after the other, in this process. The caller's transaction is committed first."""
    ran = 0
    db.session.commit()
    with current_app.app_context():
        serve(ANY)
        plan_schedules()
        while ran < limit and (claimed := claim(20, DRAIN)):
            for job_id, attempt, _queue in claimed:
                run(job_id, attempt)
            ran += len(claimed)
    db.session.expire_all()
    return ran
