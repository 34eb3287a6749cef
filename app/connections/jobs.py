"""Turning kept deliveries into facts, in order, so that one that fails takes no other with it; and forgetting their
bodies after 30 days."""
import time
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import func, inspect, or_, select, update
from sqlalchemy.orm import load_only

from app.kit.clock import now
from app.spine import turns
from app.spine.db import across_accounts, current_account_id, db
from app.spine.failpoints import point, reach
from app.spine.holding import holding, lap
from app.spine.jobs import job, schedule

from .models import Connection, Delivery

BATCH, READ, SECONDS, LAP, KEEP_DAYS = 200, 4, 0.25, 0.02, 30
BEFORE = point("inbox.before_commit", "a batch of deliveries is absorbed and not yet committed")
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
        for one in in_order(waiting(BATCH)):
            done.append(settle(one))
            if time.monotonic() - began > SECONDS:
                break
            if time.monotonic() - since > LAP and turns.wanted():
                reach(BEFORE)
                lap()                         # a webhook stands at the door; what is done so far is whole
                since = time.monotonic()
        last = max((place for place, one in enumerate(done) if one.state == "processed"), default=0)
        for one in [one for one in done[:last] if one.state == "waiting"]:
            settle(db.session.get(Delivery, one.id), counted=False)      # what it lacked may have come right behind it
    _note_last(done)
    come_back()
    reach(BEFORE)


def in_order(ids: list[int]):
    """These deliveries, some read at once; after a failure or a lap those that were read are read again."""
    rows = {}
    for place, delivery_id in enumerate(ids):
        row = rows.get(delivery_id)
        if row is None or row not in db.session or inspect(row).expired:
            some = select(Delivery).where(Delivery.id.in_(ids[place:place + READ]))
            rows = {row.id: row for row in db.session.scalars(some.execution_options(populate_existing=True))}
        yield rows[delivery_id]


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
