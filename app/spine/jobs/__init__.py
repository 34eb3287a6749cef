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

from sqlalchemy import case, event, literal
from sqlalchemy.orm import Session

from app.kit.clock import now
from app.spine.db import ANY, _insert, db, token

from .models import OPEN, STATES, Job

READY = literal("ready", literal_execute=True)     # bound, Postgres could not match it to the partial index
REGISTRY: dict[str, "Work"] = {}
SCHEDULES: dict[str, tuple[str, "Work"]] = {}


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
        serving = db.session.info.get("account_id")
        values = dict(name=self.name, args=list(args), queue=self.queue, key=key, slot=slot, run_at=at or now(),
                      account_id=account or (serving if serving is not ANY else None), public_id=f"job_{token()}",
                      created_at=now(), state="ready", attempt=0, crashes=0)
        statement = _insert(Job).values(**values)
        if slot:
            statement = statement.on_conflict_do_nothing(index_elements=[Job.slot])
        elif key:
            sooner = case((statement.excluded.run_at < Job.run_at, statement.excluded.run_at), else_=Job.run_at)
            statement = statement.on_conflict_do_update(
                index_elements=[Job.key], index_where=Job.state == READY, set_={"run_at": sooner})
        db.session.execute(statement)
        if values["run_at"] <= now():
            db.session.info["wake"] = True


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
    if session.info.pop("wake", False):
        from .bell import ring
        ring()


def drain(limit: int = 10_000) -> int:
    """Run what is due until nothing is left, here and now; for tests and scripts. Says how many ran."""
    from .run import drain_all
    return drain_all(limit)


__all__ = ["OPEN", "REGISTRY", "SCHEDULES", "STATES", "GiveUp", "Job", "Later", "Work", "drain", "job", "schedule"]
