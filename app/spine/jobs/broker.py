"""With Redis: a dispatcher thread hands ids of due jobs to RQ, whose worker in this process runs them.

Redis holds nothing that is not in the table. Flushed, killed or away, it costs seconds: leases run out or rows are
released, and they are handed over again. RQ carries (job id, attempt) as JSON, so a late delivery is seen as stale.
"""
import hashlib
import os
import socket
import threading
import time

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app.spine.db import db, only_reading

from . import run as running
from .worker import beat

QUEUES = ("inbox", "default", "outside", "books")     # in the order they are served
SLOTS = 20
log = structlog.get_logger("broker")
_app = None


def connect(url: str) -> redis.Redis:
    """A client for REDIS_URL; on a dyno its certificate is self-signed."""
    if url.startswith("rediss://") and os.environ.get("DYNO") and "ssl_cert_reqs" not in url:
        url += ("&" if "?" in url else "?") + "ssl_cert_reqs=none"
    return redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=5, health_check_interval=30)


def run_job(job_id: int, attempt: int) -> str:
    """The only function RQ ever calls."""
    with _app.app_context():
        return running.run(job_id, attempt)


class Dispatcher(threading.Thread):
    """Claims due rows and enqueues their ids; renews, reaps, plans schedules."""

    def __init__(self, app):
        super().__init__(daemon=True)
        self.app, self.name_ = app, f"{socket.gethostname()}:{os.getpid()}"
        self.connection, self.stopping = connect(app.config["REDIS_URL"]), threading.Event()
        self.mark = hashlib.sha256(app.config["SQLALCHEMY_DATABASE_URI"].encode()).hexdigest()[:8]
        self.queues = {name: Queue(f"ra:{self.mark}:{name}", connection=self.connection, serializer=JSONSerializer)
                       for name in QUEUES}        # named after the database: two installations may share a Redis
        self.last_upkeep = 0.0

    def run(self):
        while not self.stopping.is_set():
            try:
                with self.app.app_context():
                    self.upkeep()
                    if not self.hand_over():
                        self.stopping.wait(0.2)
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
        """Jobs still waiting in Redis or running keep their lease; those Redis has lost do not."""
        ids = [int(key.partition("-")[0]) for queue in self.queues.values()
               for key in (*queue.job_ids, *queue.started_job_registry.get_job_ids())]
        if ids:
            running.renew(ids)

    def hand_over(self) -> int:
        """Move due rows to Redis, at most twice what can run soon; rows go back when Redis refuses."""
        waiting = sum(queue.count for queue in self.queues.values())
        only_reading()
        due = waiting < SLOTS and running.anything_due()
        db.session.rollback()
        if not due:
            return 0
        claimed = running.claim(SLOTS, self.name_, state="dispatched")
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
    """RQ's worker in this process; the table already says what each job did."""

    def set_up_logging(self, *args, **kwargs): ...


def work(app, burst: bool = False) -> None:
    """Dispatch and work until told to stop; a Redis that is away is waited for."""
    global _app
    _app = app
    dispatcher = Dispatcher(app)
    dispatcher.start()
    while not dispatcher.stopping.is_set():
        try:
            queues = list(dispatcher.queues.values())
            worker = Quiet(queues, connection=dispatcher.connection, serializer=JSONSerializer)
            worker.work(burst=burst, with_scheduler=False, logging_level="WARNING")
            dispatcher.stopping.set()
        except redis.RedisError as error:
            log.error("broker.away", error=f"{type(error).__name__}: {error}"[:200])
            time.sleep(2)
    dispatcher.join(timeout=5)
