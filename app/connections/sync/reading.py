"""Reading on: a page is asked for outside any transaction, then kept together with the place after it.

Killed anywhere, it goes on from the last page that was kept; a page that is asked for twice changes nothing twice.
"""
import time
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.kit.clock import now, real_now
from app.spine.db import db, only_reading
from app.spine.facts import open_count
from app.spine.failpoints import point, reach
from app.spine.prepared import look_again
from app.spine.sources import Away, Busy, Denied, Forbidden, Odd, Page, Step, Trouble

from ..models.connection import Apart, Connection
from . import tokens
from .models import Sync
from .taking import take, take_apart

TURN, REST, LONGEST_REST, MANY = 10, 30, 1800, 5000           # seconds, seconds, seconds, rows
ASKED = point("sync.asked", "a page has come and nothing of it is written")
TAKEN = point("sync.before_commit", "a page is absorbed with the place after it, and not yet committed")
KEPT = point("sync.after_commit", "a page is committed with the place after it")
log = structlog.get_logger("sync")


@dataclass(frozen=True)
class Turn:
    """What has to be known to ask for one page, away from the session."""
    sync_id: int
    connection_id: int
    pages: int
    step: Step
    cursor: dict | None
    since: datetime | None
    apart: Apart
    vendor: object


def read(sync_id: int, seconds: float = TURN, tell=None) -> datetime | None:
    """Take pages until the turn is over. When to go on: None when there is nothing more to do for now."""
    began, asked = time.monotonic(), 0.0
    while turn := _turn(sync_id):
        time.sleep(max(0.0, asked + 1 / current_app.config["SYNC_PER_SECOND"] - time.monotonic()))
        asked = time.monotonic()
        resume = _one(turn)
        if tell:
            tell(db.session.get(Sync, sync_id))
        if resume or time.monotonic() - began > seconds:
            return resume or now()
    return None


def _turn(sync_id: int) -> Turn | None:
    """What comes next; None when it is over, stopped, or its connection is. Ends the transaction."""
    only_reading()
    sync = db.session.get(Sync, sync_id, populate_existing=True)
    if sync is None or sync.state != "running" or sync.connection.state != "on" or sync.step is None:
        db.session.rollback()
        return None
    lists = {one.name: one for one in sync.connection.vendor.lists}
    turn = Turn(sync.id, sync.connection_id, sync.pages, lists[sync.step["name"]], sync.cursor, sync.since(),
                sync.connection.apart(), sync.connection.vendor)
    db.session.rollback()
    return turn


def _one(turn: Turn) -> datetime | None:
    """One page, or what stood in the way of it; when to come back, None for at once."""
    try:
        held = tokens.fresh(turn.connection_id, turn.apart)
        if not held.credential("api_key"):
            raise Denied("There is no API key. Give it one under Change it.")
        if not held.external_account:
            held = _acquainted(turn, held)
        page = turn.vendor.page(held, turn.step.name, turn.cursor, turn.since)
    except Trouble as trouble:
        return _keep(turn, trouble)
    reach(ASKED)
    return _kept(turn, page)


def _acquainted(turn: Turn, held: Apart) -> Apart:
    """Whose key this is, learned before the first list."""
    outcome = turn.vendor.check(held)
    if outcome.ok and outcome.account_ref:
        connection = db.session.get(Connection, turn.connection_id)
        connection.tried(outcome, real_now())
        db.session.commit()
        return replace(held, external_account=outcome.account_ref)
    if not outcome.ok:
        raise outcome.trouble or Denied(outcome.words)
    return held


def _locked(turn: Turn) -> Sync | None:
    """The sync as this turn knew it, for writing; None when somebody else moved on, or stopped it."""
    sync = db.session.scalar(select(Sync).where(Sync.id == turn.sync_id).with_for_update()
                             .execution_options(populate_existing=True))
    if sync is None or sync.pages != turn.pages or sync.state != "running":
        db.session.rollback()
        return None
    return sync


def _kept(turn: Turn, page: Page) -> None:
    """The page's facts and the place after it, in one transaction."""
    sync = _locked(turn)
    try:
        if sync is not None:
            take(page.items, sync)
    except (ValueError, DBAPIError, LookupError, TypeError, ArithmeticError) as error:
        log.warning("sync.page_apart", sync=turn.sync_id, error=type(error).__name__)
        db.session.rollback()
        sync = _locked(turn)
        if sync is not None:
            take_apart(page.items, sync)
    if sync is not None:
        _advance(sync, turn, page)
        reach(TAKEN)
        db.session.commit()
        reach(KEPT)


def _advance(sync: Sync, turn: Turn, page: Page) -> None:
    sync.pages, sync.tries, sync.touched_at, sync.words = sync.pages + 1, 0, now(), None
    sync.cursor = page.cursor
    sync.resume_at = None
    sync.connection.well()
    sync.count(state="running", **({"note": page.note} if page.note else {}))
    if page.cursor is None:
        sync.close_step("done", _missing(sync, turn.step))
    if sync.state == "done" and sync.total("created") > MANY:
        look_again()


def _missing(sync: Sync, step: Step) -> str | None:
    """A list that comes back empty although we know some: more likely a missing permission than everybody gone."""
    if sync.step["seen"] or step.kind is None or (step.windowed and sync.kind == "nightly"):
        return None
    known = open_count(step.kind, sync.connection.source)
    if known:
        return (f"{sync.connection.vendor.label} returned none, though {known:,} are known here. The key may lack "
                f"{step.needs}. Nothing was changed.")
    return None


def _keep(turn: Turn, trouble: Trouble) -> datetime | None:
    """Write down what stood in the way; when to come back."""
    sync = _locked(turn)
    if sync is None:
        return None
    OUTCOMES[type(trouble)](sync, turn, trouble)
    sync.pages, sync.touched_at = sync.pages + 1, now()
    resume = sync.resume_at
    reach(TAKEN)
    db.session.commit()
    return resume


def _denied(sync: Sync, turn: Turn, trouble: Denied) -> None:
    sync.state, sync.words, sync.resume_at = "paused", str(trouble), None
    sync.connection.unwell(str(trouble), halt=True)


def _forbidden(sync: Sync, turn: Turn, trouble: Forbidden) -> None:
    needs = f" ({turn.step.needs})" if turn.step.needs else ""
    sync.close_step("refused", f"The key may not read this{needs}. {trouble}")


def _busy(sync: Sync, turn: Turn, trouble: Busy) -> None:
    sync.rest(trouble.seconds or _pause(sync), str(trouble))


def _away(sync: Sync, turn: Turn, trouble: Away) -> None:
    sync.connection.unwell(str(trouble))
    sync.rest(_pause(sync), str(trouble))


def _odd(sync: Sync, turn: Turn, trouble: Odd) -> None:
    """A place in a list that the source forgot is no reason to give the list up: begin it again, once."""
    if turn.cursor is not None and not sync.step.get("again"):
        sync.cursor = None
        sync.count(again=True, note="Begun again: the place in the list was no longer known.")
    else:
        sync.close_step("failed", str(trouble))


def _pause(sync: Sync) -> int:
    return min(REST * 2 ** min(sync.tries, 10), LONGEST_REST)


OUTCOMES = {Denied: _denied, Forbidden: _forbidden, Busy: _busy, Away: _away, Odd: _odd}
