"""From queued to sent, neither losing nor doubling: claim, ask the gate, mark the attempt, call, record.

`claimed` was never called out; `attempting` perhaps was. The mark is committed before the call and the call happens
outside any transaction, so that a crash at any point can be told from every other.
"""
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from app.kit.clock import now, real_now
from app.people import Person
from app.spine.db import db, is_postgres, token
from app.spine.events import record
from app.spine.failpoints import point, reach
from app.spine.sockets import CHANNELS, Receipt

from .carriers import carrier, vendor
from .gate import Defer, Hold, Skip, judge
from .letters import compose
from .models import Message, suppress
from .settings import Sending
from .variables import Missing

LEASE = 60                                        # seconds on the real clock; a call gives up after fifteen
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720)]
log = structlog.get_logger("messaging")
BEFORE_CLAIM = point("send.before_claim", "due messages are known and not yet claimed")
CLAIMED = point("send.claimed", "messages are leased and nobody was called")
BEFORE_ATTEMPT = point("send.before_attempt", "the gate let a message pass and the attempt is not yet marked")
ATTEMPTING = point("send.attempting", "the attempt is marked and the call has not begun")
AFTER_ACCEPT = point("send.after_accept", "the provider answered and nothing is recorded")
REAPED = point("send.reaped", "what a dead process left is sorted out and not yet committed")
RECORDED = point("send.recorded", "the outcome is committed")


def claim(count: int = 10) -> list[tuple[int, str]]:
    """Lease up to `count` due messages of the account; (id, lease) each. Commits. Nothing while sending is paused."""
    if Sending.of().stopped():
        return []
    due = select(Message.id).where(Message.state == "queued", Message.due_at <= now()).order_by(
        Message.priority, Message.due_at, Message.id).limit(count)
    if is_postgres():
        due = due.with_for_update(skip_locked=True, of=Message)
    ids = db.session.scalars(due).all()
    reach(BEFORE_CLAIM)
    lease = token(16)
    taken = set(_move(ids, ("queued",), state="claimed", lease=lease, lease_until=_lease_end())) if ids else set()
    db.session.commit()
    reach(CLAIMED)
    return [(message_id, lease) for message_id in ids if message_id in taken]


def attempt(message_id: int, lease: str) -> str:
    """Take one claimed message as far as it goes; says where it ended. Commits."""
    try:
        prepared = _prepare(message_id, lease)
    except DBAPIError:
        raise
    except Exception as error:                    # one broken message must not hold up all others
        prepared = _broken(message_id, lease, error)
    if isinstance(prepared, str):
        db.session.commit()
        return prepared
    channel, parcel = prepared
    reach(BEFORE_ATTEMPT)
    db.session.commit()
    reach(ATTEMPTING)
    receipt = _call(channel, parcel)
    reach(AFTER_ACCEPT)
    state = settle(message_id, lease, receipt, delivers=getattr(channel, "delivers", False), keyed=channel.keyed)
    db.session.commit()
    reach(RECORDED)
    return state


def _prepare(message_id: int, lease: str):
    """(channel, parcel) with the attempt marked, or the state in which the gate left the message."""
    message = db.session.scalar(select(Message).where(
        Message.id == message_id, Message.lease == lease, Message.state == "claimed").with_for_update(of=Message))
    if message is None:
        return "fenced"
    db.session.scalar(select(Person.id).where(Person.id == message.person_id).with_for_update())
    person, moment = message.person, now()
    objection = judge(message, person, moment)
    if objection is None:
        try:
            parcel = compose(message, person)
        except Missing as missing:
            objection = Skip("missing_variable", f"There is nothing to put for {{{{{missing.name}}}}}.")
    if objection is not None:
        return _object(message, objection)
    message.state, message.attempted_at, message.lease_until = "attempting", moment, _lease_end()
    message.attempt += 1
    message.reason = message.reason_words = None
    return carrier(message.channel), parcel


def _broken(message_id: int, lease: str, error: Exception) -> str:
    db.session.rollback()
    log.exception("message.broken", id=message_id)
    mine = db.session.scalars(select(Message.id).where(Message.id == message_id, Message.lease == lease)).all()
    words = f"It could not be written: {type(error).__name__}. Nobody was called."
    moved = _move(mine, ("claimed",), state="failed", reason="error", reason_words=words, lease=None)
    return "failed" if moved else "fenced"


def _object(message: Message, objection) -> str:
    message.lease = message.lease_until = None
    message.reason, message.reason_words = objection.reason, objection.words
    if isinstance(objection, Defer):
        soonest = message.due_at if objection.reason == "paused" else now() + BACK_OFF[0]
        message.state, message.due_at = "queued", max(objection.until, soonest)
    else:
        message.state = "held" if isinstance(objection, Hold) else "skipped"
    return message.state


def _call(channel, parcel) -> Receipt:
    try:
        return channel.deliver(parcel)
    except Exception as error:                    # a channel's own bug: it may have been heard before it broke
        log.exception("message.channel", channel=channel.name)
        return Receipt("unclear", reason=f"The channel broke off: {type(error).__name__}.")


def settle(message_id: int, lease: str, receipt: Receipt, delivers: bool = False, keyed: bool = False) -> str:
    """Record what became of an attempt, if the lease is still ours. The new state, or "fenced"."""
    message = db.session.scalar(select(Message).where(
        Message.id == message_id, Message.lease == lease,
        Message.state.in_(("attempting", "unclear"))).with_for_update(of=Message))
    if message is None:
        log.warning("message.fenced", id=message_id)
        return "fenced"
    kind = "retry" if receipt.kind == "unclear" and keyed else receipt.kind
    if kind == "unclear":
        message.state, message.reason, message.reason_words = "unclear", "silence", receipt.reason or SILENT
        return "unclear"
    message.lease = message.lease_until = None
    return {"sent": _sent, "failed": _failed, "retry": _retry}[kind](message, receipt, delivers)


SILENT = "The line went silent after the message was handed over. It may or may not have gone out."


def _sent(message, receipt, delivers) -> str:
    moment = now()
    message.state, message.sent_at = "delivered" if delivers else "sent", moment
    message.delivered_at = moment if delivers else None
    message.provider_id, message.reason, message.reason_words = receipt.provider_id or None, None, receipt.reason
    tell("message.sent", message)
    if delivers:
        tell("message.delivered", message)
    return message.state


def _failed(message, receipt, _delivers=False) -> str:
    message.state = "failed"
    message.reason, message.reason_words = "bad_address" if receipt.bad_address else "refused", receipt.reason[:500]
    if receipt.bad_address and message.address:
        suppress(message.address, message.channel, "all", "bounce")
    tell("message.failed", message, reason=message.reason_words)
    return "failed"


def _retry(message, receipt, _delivers=False) -> str:
    if message.attempt > len(BACK_OFF):
        return _failed(message, Receipt("failed", reason=f"Tried {message.attempt} times. Last: {receipt.reason}"))
    wait = max(BACK_OFF[message.attempt - 1], timedelta(seconds=receipt.retry_after or 0))
    message.state, message.due_at = "queued", now() + wait
    message.reason, message.reason_words = "retry", receipt.reason[:500]
    return "queued"


def reap() -> int:
    """Take back what a dead process left. Claimed goes back in line: its lease is void, nobody was called.
    Attempting past its lease is asked again where the provider drops doubles, else unclear."""
    keyed = [name for name, channel in CHANNELS.items() if channel.keyed and vendor(name) == name]
    over = select(Message.id).where(Message.state == "attempting", Message.lease_until < real_now())
    claimed = db.session.scalars(select(Message.id).where(Message.state == "claimed")).all()
    again = db.session.scalars(over.where(Message.channel.in_(keyed))).all()
    lost = db.session.scalars(over.where(Message.channel.not_in(keyed))).all()
    _move(claimed, ("claimed",), state="queued", lease=None, lease_until=None)
    _move(again, ("attempting",), state="queued", lease=None, lease_until=None)
    _move(lost, ("attempting",), state="unclear", reason="crash",
          reason_words="The server stopped while this was being sent. It may or may not have gone out.")
    reach(REAPED)
    db.session.commit()
    return len(claimed) + len(again) + len(lost)


def tell(kind: str, message: Message, **more) -> None:
    """Record an event about a message, once per kind."""
    record(kind, message.person_id, key=f"{kind}:{message.public_id}", source="messaging", by=message.automation_ref,
           **message.facts(**more))


def _move(ids, states, **values) -> list[int]:
    if not ids:
        return []
    return db.session.scalars(update(Message).where(Message.id.in_(ids), Message.state.in_(states)).values(**values)
                              .returning(Message.id).execution_options(synchronize_session=False)).all()


def _lease_end():
    return real_now() + timedelta(seconds=LEASE)
