"""The worker process. Without Redis it runs claimed rows itself; with Redis it hands their ids to RQ and works for RQ.

Either way one thread watches over leases, schedules and the heartbeat that the health page reads.
"""
import os
import socket
import threading
import time
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from app.kit.clock import real_now
from app.spine import turns
from app.spine.db import db, only_reading
from app.spine.installation import Mark, hold, let_go
from app.spine.slots import filled

from . import run as running
from .bell import Bell

POLL, BREATH = 0.5, 0.005             # seconds between two looks when nobody rings, and when somebody does
LANES = (("default", "inbox"), ("outside",), ("books",), ("sync",))     # neither slow providers nor sums hold up others
log = structlog.get_logger("worker")


class Worker:
    """Embedded: one process per installation, one thread per lane of queues."""

    def __init__(self, app):
        self.app, self.name = app, f"{socket.gethostname()}:{os.getpid()}"
        self.stopping, self.held, self.rung = threading.Event(), set(), threading.Condition()
        self.rings = 0

    def start(self) -> None:
        """Run until `stop()`; SystemExit when another embedded worker is alive."""
        with self.app.app_context():
            self.be_alone()
            bell = Bell()
        running.side_by_side.set()
        threads = [threading.Thread(target=self.watch, daemon=True),
                   *(threading.Thread(target=self.lane, args=(queues,)) for queues in LANES)]
        for thread in threads:
            thread.start()
        log.info("worker.started", worker=self.name)
        while not self.stopping.is_set():
            bell.wait(POLL)
            with self.rung:
                self.rings += 1
                self.rung.notify_all()
        for thread in threads[1:]:
            thread.join(timeout=25)
        with self.app.app_context():
            let_go("embedded worker", self.name)
            db.session.commit()

    def stop(self, *_signal) -> None:
        self.stopping.set()

    def be_alone(self) -> None:
        """Take the place of the worker before: at once when it died on this machine, else when its lease is over."""
        deadline = time.monotonic() + running.LEASE
        while not self.take_place():
            db.session.rollback()
            if time.monotonic() > deadline:
                raise SystemExit("Another worker serves this database. Name a Redis in REDIS_URL to run several.")
            time.sleep(1)
        running.abandon(self.name)
        for give_up, _traits in filled("worker.began"):
            give_up()
        db.session.commit()

    def take_place(self) -> bool:
        if hold("embedded worker", self.name, running.LEASE):
            return True
        before = db.session.scalar(select(Mark.held_by).where(Mark.name == "embedded worker"))
        if before is None or not died_here(before):
            return False
        let_go("embedded worker", before)
        return hold("embedded worker", self.name, running.LEASE)

    def lane(self, queues) -> None:
        turns.long_work()
        while not self.stopping.is_set():
            heard = self.rings
            if not self.turn(queues):
                self.stopping.wait(BREATH if "inbox" in queues else POLL / 10)
                with self.rung:
                    if self.rings == heard:          # nobody rang while this lane was looking
                        self.rung.wait(POLL * 2)

    def turn(self, queues) -> bool:
        """Claim and run one batch. False when nothing was due or something broke, which must not end the lane."""
        claimed = []
        try:
            with self.app.app_context():
                only_reading()
                due = running.anything_due(queues)
                db.session.rollback()
                if due:
                    claimed = running.claim(20, self.name, queues)
                    self.held.update(row[0] for row in claimed)
                    self.work_off(claimed)
                return bool(claimed)
        except Exception as error:
            log.error("worker.turn", error=f"{type(error).__name__}: {error}"[:200])
            time.sleep(POLL)
            return False
        finally:
            # what was not run is no longer ours to renew: its lease ends, and it is taken up again
            self.held.difference_update(row[0] for row in claimed)

    def work_off(self, claimed) -> None:
        """Run one claimed job after the other; told to stop, give back the rest."""
        for position, (job_id, attempt, _queue) in enumerate(claimed):
            if self.stopping.is_set():
                running.release([row[0] for row in claimed[position:]])
                return
            running.run(job_id, attempt)
            self.held.discard(job_id)

    def watch(self) -> None:
        """Every five seconds: heartbeat, leases, lost jobs, schedules."""
        while not self.stopping.is_set():
            try:
                with self.app.app_context():
                    self.upkeep()
            except Exception:                        # the watch must outlive a database that is away
                log.exception("worker.upkeep")
            self.stopping.wait(5)

    def upkeep(self) -> None:
        if self.held:
            running.renew(self.held)
        if not hold("embedded worker", self.name, running.LEASE):
            log.error("worker.replaced", worker=self.name)
            self.stopping.set()
        beat(self.name)
        running.drop(self.name, self.held)
        running.reap()
        running.plan_schedules()


def died_here(name: str) -> bool:
    """Whether a worker of this machine is known to be gone: its process is no more, or its number is ours now."""
    host, _, pid = name.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()


def beat(name: str) -> None:
    """Say that a worker lives; the health page reads the newest."""
    hold("worker " + name, name, 60)
    db.session.commit()


def last_beat():
    """When a worker last said it lives, or None."""
    until = db.session.scalar(select(func.max(Mark.held_until)).where(Mark.name.startswith("worker ")))
    return until - timedelta(seconds=60) if until else None


def seconds_since_beat() -> float | None:
    beaten = last_beat()
    return (real_now() - beaten).total_seconds() if beaten else None
