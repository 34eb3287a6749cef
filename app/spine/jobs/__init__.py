"""Jobs: verbs with `.later`. A row in the caller's transaction is the truth; RQ or the embedded worker runs it.

    @job(queue="outside")
    def deliver(message_id): ...
    deliver.later(message.id)                    # this account, now
    tick.later(key="tick:7", at=due)             # at most one waiting; an earlier `at` wins
    @schedule("*/5 * * * *")
    def sweep(): ...                             # once per slot over all hosts; serves no account
A job may run twice and the row's state decides; it returns, raises (tried again later) or raises `GiveUp`.
"""
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy import case, event, literal
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.spine.db import ANY, _insert, db, is_postgres, outermost, token
from app.spine.holding import FLEETING
from app.spine.prepared import straight

from .models import OPEN, STATES, Job

READY = literal("ready", literal_execute=True)     # bound, Postgres could not match it to the partial index
REGISTRY: dict[str, "Work"] = {}
SCHEDULES: dict[str, tuple[str, "Work"]] = {}
FLEETING.add("said")                     # which waiting jobs this transaction has written


class GiveUp(Exception):
    """This job cannot succeed, whatever the number of tries; the message says why."""


class Later(Exception):
    """Not now: run again at `at`, without counting it as a failure."""

    def __init__(self, at: datetime, why: str = ""):
        super().__init__(why)
        self.at = at


@dataclass
class Work:
    """A function that may run as a job."""
    function: object
    name: str
    queue: str
    tries: int
    traits: dict = field(default_factory=dict)

    def __call__(self, *args):
        return self.function(*args)

    def later(self, *args, key: str | None = None, at: datetime | None = None, account: int | None = None,
              slot: str | None = None) -> None:
        """Write the job into this transaction. Arguments are ids and plain values, never None."""
        if any(arg is None for arg in args):
            raise ValueError(f"{self.name}: None is not an argument; has the row an id yet?")
        serving, moment = db.session.info.get("account_id"), at or now()
        if key and not slot and self._said_already(key, moment):
            return
        values = dict(name=self.name, args=list(args), queue=self.queue, key=key, slot=slot, run_at=moment,
                      account_id=account or (serving if serving is not ANY else None), public_id=f"job_{token()}",
                      created_at=now(), state="ready", attempt=0, crashes=0)
        unique = "slot" if slot else "key" if key else ""
        straight(_statement(unique, is_postgres()), values)
        if moment <= now():
            db.session.info["wake"] = True

    @staticmethod
    def _said_already(key: str, moment: datetime) -> bool:
        """Whether this transaction has written the waiting job of this key, for no later than this moment."""
        said = db.session.info.setdefault("said", {})
        if key in said and said[key] <= moment:
            return True
        said[key] = moment
        return False


@lru_cache(maxsize=8)
def _statement(unique: str, _dialect):
    """The INSERT of a job with a slot, a key or neither."""
    statement = _insert(Job)
    if unique == "slot":
        return statement.on_conflict_do_nothing(index_elements=[Job.slot])
    if unique == "key":
        sooner = case((statement.excluded.run_at < Job.run_at, statement.excluded.run_at), else_=Job.run_at)
        return statement.on_conflict_do_update(
            index_elements=[Job.key], index_where=Job.state == READY, set_={"run_at": sooner})
    return statement


def job(function=None, *, queue: str = "default", tries: int = 6):
    """Make a function a job: `function.later(...)` writes it, a worker runs it."""
    def make(function):
        name = f"{function.__module__.removeprefix('app.')}.{function.__name__}"
        REGISTRY[name] = Work(function, name, queue, tries)
        return REGISTRY[name]
    return make(function) if function else make


def schedule(cron: str, *, queue: str = "default"):
    """Run this function once per slot of a cron line (UTC, product time); a missed slot is skipped."""
    def make(function):
        work = job(queue=queue, tries=1)(function)
        SCHEDULES[work.name] = (cron, work)
        return work
    return make


@event.listens_for(Session, "after_commit")
def _wake_after_commit(session):
    if not outermost(session):       # a savepoint is let go: nobody else can see the job yet
        return
    if session.info.pop("wake", False):
        from .bell import ring
        ring()


def drain(limit: int = 10_000) -> int:
    """Run what is due until nothing is left, here and now; for tests and scripts. Says how many ran."""
    from .run import drain_all
    return drain_all(limit)


def give_way() -> None:
    """Between two batches of long sums: let webhooks go first for a moment."""
    from .run import give_way
    give_way()


__all__ = ["OPEN", "REGISTRY", "SCHEDULES", "STATES", "GiveUp", "Job", "Later", "Work", "drain", "give_way", "job",
           "schedule"]
