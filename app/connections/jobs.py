"""Turning kept deliveries into facts, in order, so that one that fails takes no other with it; and forgetting their
bodies after 30 days."""
import time
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import load_only

from app.kit.clock import now
from app.spine import turns
from app.spine.db import across_accounts, current_account_id, db
from app.spine.failpoints import point, reach
from app.spine.holding import holding, lap
from app.spine.jobs import job, schedule
from app.spine.prepared import Prepared, many, rows_of

from .models import Connection, Delivery

BATCH, READ, SECONDS, LAP, KEEP_DAYS = 200, 20, 0.25, 0.02, 30
BEFORE = point("inbox.before_commit", "a batch of deliveries is absorbed and not yet committed")
STILL = Prepared(lambda: select(Delivery.id).where(Delivery.id.in_(many("ids")), Delivery.state == "waiting",
                                                   Delivery.body.is_not(None)))
log = structlog.get_logger("inbox")


class Settled(NamedTuple):
    """What became of one delivery."""
    id: int
    state: str
    connection_id: int | None
    received_at: datetime


@job(queue="inbox")
def process() -> None:
    """One batch of the account's waiting deliveries, oldest first. Stops early rather than hold the database long."""
    began, done = time.monotonic(), []
    since = began
    with holding():
        line = Line(waiting(BATCH))
        for one in line:
            done.append(settle(one))
            if time.monotonic() - began > SECONDS:
                break
            if time.monotonic() - since > LAP and turns.wanted():
                reach(BEFORE)
                line.lap()                    # a webhook stands at the door; what is done so far is whole
                since = time.monotonic()
        last = max((place for place, one in enumerate(done) if one.state == "processed"), default=0)
        for one in [one for one in done[:last] if one.state == "waiting"]:
            settle(db.session.get(Delivery, one.id), counted=False)      # what it lacked may have come right behind it
    _note_last(done)
    come_back()
    reach(BEFORE)


class Line:
    """Deliveries in their order, some read at once."""

    def __init__(self, ids: list[int]):
        self.ids, self.rows = ids, []

    def __iter__(self):
        while self.rows or self.ids:
            if not self.rows:
                some, self.ids = self.ids[:READ], self.ids[READ:]
                self.rows = rows_of(Delivery, some)
            row = self.rows.pop(0)
            yield row if row in db.session else db.session.get(Delivery, row.id)     # a failure let go of all

    def lap(self) -> None:
        """Commit; those who were read and are no longer as they were then (erased, taken by hand) are left out."""
        lap(keep=self.rows)
        still = set(STILL(ids=[row.id for row in self.rows]).scalars()) if self.rows else ()
        self.rows = [row for row in self.rows if row.id in still]


def _note_last(done: list[Settled]) -> None:
    """Keep on each connection when it last sent something."""
    seen = {one.connection_id: one.received_at for one in done if one.connection_id}     # oldest first: the last stays
    for connection_id, moment in seen.items():
        newer = Connection.last_delivery_at.is_(None) | (Connection.last_delivery_at < moment)
        db.session.execute(update(Connection).where(Connection.id == connection_id, newer)
                           .values(last_delivery_at=moment).execution_options(synchronize_session=False))


def waiting(limit: int) -> list[int]:
    """Ids of deliveries whose turn it is."""
    due = or_(Delivery.retry_at.is_(None), Delivery.retry_at <= now())
    return db.session.scalars(select(Delivery.id).where(Delivery.state == "waiting", due)
                              .order_by(Delivery.received_at, Delivery.id).limit(limit)).all()


def settle(one: Delivery, counted: bool = True) -> Settled:
    """Translate one delivery; a failure undoes only its own work and is written on it."""
    delivery_id, before = one.id, one.attempts - (not counted)
    try:
        with db.session.begin_nested():
            one.translate()
            one.attempts = before + 1
            db.session.flush()
    except Exception as error:                # whatever one delivery does, the next ones must go on
        db.session.expunge_all()              # rows that the savepoint took back must not be met again
        one = db.session.get(Delivery, delivery_id)
        one.attempts = before + 1
        one.fail(error)
        db.session.flush()
        log.warning("delivery.failed", delivery=one.public_id, kind=one.kind, state=one.state,
                    error=type(error).__name__)
    return Settled(one.id, one.state, one.connection_id, one.received_at)


def come_back() -> None:
    """Leave a job for what still waits: now, or when the earliest retry is due."""
    db.session.flush()
    if waiting(1):
        wake(current_account_id())
        return
    due = db.session.scalar(select(func.min(Delivery.retry_at)).where(Delivery.state == "waiting"))
    if due:
        wake(current_account_id(), at=due)


def wake(account_id: int, at=None) -> None:
    """At most one waiting job per account, which takes whatever is there; the key is also its lane."""
    process.later(key=f"inbox:{account_id}", account=account_id, at=at)


@schedule("*/10 * * * *")
def sweep() -> None:
    """Deliveries that wait without a job (a job given up, a restored backup) get one."""
    with across_accounts():
        for account_id in db.session.scalars(select(Delivery.account_id).where(Delivery.state == "waiting").distinct()):
            wake(account_id)


@schedule("17 3 * * *")
def forget_bodies() -> None:
    """After 30 days body, headers and facts go; the id stays, so that a late repeat is still known."""
    with across_accounts():
        old = select(Delivery).options(load_only(Delivery.id)).where(
            Delivery.received_at < now() - timedelta(days=KEEP_DAYS), Delivery.body.is_not(None),
            Delivery.state != "waiting").order_by(Delivery.id).limit(1000)
        ids = [row.id for row in db.session.scalars(old)]
        db.session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(body=None, headers={}, outcome={})
                           .execution_options(synchronize_session=False))
    if len(ids) == 1000:
        forget_bodies.later(key="inbox:forget", at=now())
