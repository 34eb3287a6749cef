"""With Redis: a dispatcher thread hands ids of due jobs to RQ, whose workers in this process run them, one for a lane.

Redis holds nothing that is not in the table. Flushed, killed or away, it costs seconds: leases run out or rows are
released, and they are handed over again. RQ carries (job id, attempt) as JSON, so a late delivery is seen as stale.
"""
import hashlib
import os
import signal
import socket
import threading
import time

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from rq.worker.base import StopRequested

from app.spine.db import db, only_reading

from . import run as running
from .bell import Bell
from .worker import LANES, beat

SLOTS = 20
POLL, BREATH = 0.2, 0.02          # seconds between two looks when nobody rings, and when somebody does
log = structlog.get_logger("broker")
_app = None
in_hand: set[int] = set()        # ids of the jobs this process runs right now


def connect(url: str) -> redis.Redis:
    """A client for REDIS_URL; on a dyno its certificate is self-signed."""
    if url.startswith("rediss://") and os.environ.get("DYNO") and "ssl_cert_reqs" not in url:
        url += ("&" if "?" in url else "?") + "ssl_cert_reqs=none"
    return redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=5, health_check_interval=30)


def run_job(job_id: int, attempt: int) -> str:
    """The only function RQ ever calls."""
    in_hand.add(job_id)
    try:
        with _app.app_context():
            return running.run(job_id, attempt)
    finally:
        in_hand.discard(job_id)


class Dispatcher(threading.Thread):
    """Claims due rows and enqueues their ids; renews, reaps, plans schedules."""

    def __init__(self, app):
        super().__init__(daemon=True)
        self.app, self.name_ = app, f"{socket.gethostname()}:{os.getpid()}"
        self.connection, self.stopping = connect(app.config["REDIS_URL"]), threading.Event()
        self.mark = hashlib.sha256(app.config["SQLALCHEMY_DATABASE_URI"].encode()).hexdigest()[:8]
        self.queues = {name: Queue(f"ra:{self.mark}:{name}", connection=self.connection, serializer=JSONSerializer)
                       for lane in LANES for name in lane}   # named after the database: a Redis may serve several
        self.last_upkeep = 0.0

    def run(self):
        with self.app.app_context():
            bell = Bell()
        while not self.stopping.is_set():
            try:
                with self.app.app_context():
                    self.upkeep()
                    if not self.hand_over():
                        time.sleep(BREATH)
                        bell.wait(POLL)          # a web server elsewhere cannot ring: then the next look finds it
            except Exception as error:       # database or broker away: the table keeps everything, try again
                log.error("broker.away", error=f"{type(error).__name__}: {error}"[:200])
                self.stopping.wait(1)

    def upkeep(self) -> None:
        if time.monotonic() - self.last_upkeep < 5:
            return
        self.last_upkeep = time.monotonic()
        beat(self.name_)
        running.reap()
        running.plan_schedules()
        self.renew_running()

    def renew_running(self) -> None:
        """Jobs that wait in Redis or that this process runs keep their lease. What Redis lost does not, nor what a
        killed worker ran: RQ goes on calling that started until its time is over."""
        ids = [int(key.partition("-")[0]) for queue in self.queues.values() for key in queue.job_ids]
        if ids or in_hand:
            running.renew([*ids, *in_hand])

    def hand_over(self) -> int:
        """Move due rows to Redis, at most twice what can run soon; rows go back when Redis refuses."""
        short = [name for name, queue in self.queues.items() if queue.count < SLOTS]
        only_reading()
        due = bool(short) and running.anything_due(short)
        db.session.rollback()
        if not due:
            return 0
        claimed = running.claim(SLOTS, self.name_, short, state="dispatched")
        try:
            for job_id, attempt, name in claimed:
                self.queues.get(name, self.queues["default"]).enqueue_call(
                    "app.spine.jobs.broker.run_job", (job_id, attempt), job_id=f"{job_id}-{attempt}-{self.mark}",
                    timeout=300, result_ttl=0, failure_ttl=3600)
        except redis.RedisError:
            running.release([job_id for job_id, _, _ in claimed])
            raise
        return len(claimed)


class Quiet(SimpleWorker):
    """RQ's worker on a thread of this process; the table already says what each job did."""
    death_penalty_class = TimerDeathPenalty          # the other one needs the main thread

    stopping: threading.Event

    @property
    def dequeue_timeout(self) -> int:
        return 2                                     # how long a wish to stop may go unnoticed

    def heartbeat(self, *args, **kwargs):
        if self.stopping.is_set():
            raise StopRequested
        super().heartbeat(*args, **kwargs)

    def _install_signal_handlers(self): ...          # signals belong to the process, not to its lanes

    def subscribe(self): ...                         # nor does anybody send RQ's remote commands

    def unsubscribe(self): ...


class Lane(threading.Thread):
    """Serves some of the queues with a worker of RQ; a Redis that is away or refuses is waited for."""

    def __init__(self, dispatcher: Dispatcher, names):
        super().__init__(daemon=True)
        self.dispatcher, self.stopping = dispatcher, dispatcher.stopping
        self.queues = [dispatcher.queues[name] for name in names]

    def run(self):
        while not self.stopping.is_set():
            try:
                worker = Quiet(self.queues, connection=self.dispatcher.connection, serializer=JSONSerializer)
                worker.stopping = self.stopping
                worker.work(with_scheduler=False, logging_level="CRITICAL")
            except Exception as error:
                log.error("broker.away", error=f"{type(error).__name__}: {error}"[:200])
            self.stopping.wait(1)


def work(app) -> None:
    """Dispatch, and serve each lane on a thread of its own, until SIGTERM or SIGINT; what runs is finished first."""
    global _app
    _app = app
    dispatcher = Dispatcher(app)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: dispatcher.stopping.set())
    lanes = [Lane(dispatcher, names) for names in LANES]
    running.side_by_side.set()
    for thread in (dispatcher, *lanes):
        thread.start()
    dispatcher.stopping.wait()
    for thread in (*lanes, dispatcher):
        thread.join(timeout=25)
