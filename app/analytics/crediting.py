"""Writing touches and conversions: whole people at a time, from their messages and payments, whenever those change."""
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from app.accounts import current_account
from app.automations import Enrollment
from app.kit.dress import Dress
from app.messaging import Message, MessageEvent
from app.payments import COUNTED, Payment
from app.people import Person
from app.spine.db import db
from app.spine.events import Event, record

from .attribution import Reach, credit, turn
from .models import Conversion, Touch
from .windows import window

ARRIVED = ("sent", "delivered", "complained")
GOALS = {"payment.succeeded": ("first_purchase", "upgrade", "recovered_payment", "reactivation"),
         "membership.plan_changed": ("upgrade",), "membership.activated": ("first_purchase", "reactivation")}
DRESS = Dress(account=current_account)


def write_touches(person_ids) -> None:
    """Bring the touches of these people in line with their messages: tests, failures and bounces are none."""
    wanted = {}
    messages = db.session.execute(select(Message).where(
        Message.person_id.in_(person_ids), Message.is_test.is_(False), Message.state.in_(ARRIVED),
        Message.sent_at.is_not(None))).scalars().all()
    clicks = defaultdict(list)
    for number, message_id, at in db.session.execute(
            select(MessageEvent.id, MessageEvent.message_id, MessageEvent.at).where(
                MessageEvent.message_id.in_([one.id for one in messages]), MessageEvent.kind == "clicked",
                MessageEvent.machine.is_(False))):
        clicks[message_id].append((number, at))
    for message in messages:
        wanted |= _touches(message, clicks[message.id])
    held = {touch.key: touch for touch in db.session.scalars(select(Touch).where(Touch.person_id.in_(person_ids)))}
    for key, values in wanted.items():
        touch = held.pop(key, None)
        if touch is None:
            db.session.add(Touch(key=key, **values))
        elif touch.at != values["at"]:
            touch.at = values["at"]
    for gone in held.values():
        db.session.delete(gone)
    db.session.flush()


def _touches(message: Message, clicks: list) -> dict:
    """Key -> columns. What another tool only saw opened was told to us by nothing but the open."""
    imported = message.dedupe_key.startswith("import:")
    name = f"t{message.dedupe_key.removeprefix('import:')}" if imported else f"m{message.id}"
    shared = {"person_id": message.person_id, "message_id": message.id, "automation_id": message.automation_id,
              "channel": message.channel, "sent_at": message.sent_at}
    found = {f"{name}:clicked:{number}": {**shared, "kind": "clicked", "at": at} for number, at in clicks}
    arrived = message.delivered_at or message.sent_at
    if not (imported and message.opened_at == arrived == message.sent_at):
        found[f"{name}:delivered"] = {**shared, "kind": "delivered", "at": arrived}
    return found


@dataclass
class Verdict:
    """What a payment's conversion should say."""
    person_id: int
    kind: str
    credit: str
    at: object
    value: int
    currency: str
    account_value: int
    window_hours: int
    touch_id: int | None = None
    automation_id: int | None = None
    enrollment_id: int | None = None


class Known:
    """Everything about one person that credit depends on."""

    def __init__(self):
        self.payments, self.touches, self.held_out, self.segments = [], [], [], []


def write_conversions(person_ids, segments: dict) -> None:
    """Decide every paid conversion of these people anew; a restated one keeps its row and its window."""
    held = {row.payment_id: row for row in db.session.scalars(select(Conversion).where(
        Conversion.person_id.in_(person_ids)))}
    people, rows = _read(person_ids, segments)
    for person in people.values():
        first = True
        for payment in sorted(person.payments, key=lambda one: (one.paid_at, one.id)):
            row = held.get(payment.id)
            span = timedelta(hours=row.window_hours) if row else window(payment.paid_at)
            verdict = _verdict(person, payment, first, span, rows)
            first = False
            if verdict is not None:
                held.pop(payment.id, None)
                _keep(row, payment, verdict)
    for gone in held.values():
        _unsay(gone.payment_id)
        db.session.delete(gone)
    db.session.flush()


def _read(person_ids, segments: dict) -> tuple[dict, dict]:
    """Person id -> what is known, and touch id -> the touch's row."""
    people = defaultdict(Known)
    for payment in db.session.scalars(select(Payment).join(Person, Person.id == Payment.person_id).where(
            Payment.person_id.in_(person_ids), Payment.status.in_(COUNTED), Payment.test.is_(False),
            Payment.amount > 0, Payment.paid_at.is_not(None), Person.staff.is_(False))):
        people[payment.person_id].payments.append(payment)
    if not people:
        return people, {}
    rows = {touch.id: touch for touch in db.session.scalars(select(Touch).where(Touch.person_id.in_(list(people))))}
    for touch in rows.values():
        people[touch.person_id].touches.append(Reach(touch.id, touch.kind, touch.at, touch.sent_at, touch.key))
    for enrollment in db.session.scalars(select(Enrollment).where(
            Enrollment.person_id.in_(list(people)), Enrollment.held_out)):
        people[enrollment.person_id].held_out.append(enrollment)
    for person_id in people:
        people[person_id].segments = segments.get(person_id, [])
    return people, rows


def _verdict(person, payment: Payment, first: bool, span: timedelta, rows: dict) -> Verdict | None:
    """The conversion this payment is; None for a plain renewal."""
    word, touch, kind = "none", None, None
    if payment.recovered:
        word, touch = credit(person.touches, payment.paid_at, span, since=payment.failed_at)
        kind = "recovered_payment" if touch or not first else None
    if kind is None:
        kind = "first_purchase" if first else "upgrade" if payment.kind == "upgrade" else turn(
            person.segments, payment.paid_at)
        if kind is None:
            return None
        word, touch = credit(person.touches, payment.paid_at, span)
    found = Verdict(payment.person_id, kind, word, payment.paid_at, payment.net, payment.currency,
                    payment.account_net or 0, int(span.total_seconds() // 3600))
    if touch is not None:
        row = rows[touch.id]
        message = db.session.get(Message, row.message_id) if row.message_id else None
        found.touch_id, found.automation_id = row.id, row.automation_id
        found.enrollment_id = message.enrollment_id if message else None
    else:
        _left_alone(found, person.held_out, payment, span)
    return found


def _left_alone(found: Verdict, held_out, payment: Payment, span: timedelta) -> None:
    """A payment of somebody whom a playbook left alone to compare with, and that it was after."""
    for enrollment in sorted(held_out, key=lambda one: one.entered_at, reverse=True):
        about = enrollment.subject if (enrollment.subject or "").startswith("pay_") else None
        soon = timedelta(0) <= payment.paid_at - enrollment.entered_at <= span
        if soon and about in (None, payment.public_id) and found.kind in GOALS.get(enrollment.version.plan.goal, ()):
            found.credit, found.automation_id, found.enrollment_id = (
                "held_out", enrollment.automation_id, enrollment.id)
            return


def _keep(row: Conversion | None, payment: Payment, verdict: Verdict) -> None:
    values = asdict(verdict)
    moved = row is None or (row.credit, row.touch_id) != (verdict.credit, verdict.touch_id)
    if row is None:
        row = Conversion(payment_id=payment.id, **values)
        db.session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    if not moved:
        return
    if verdict.credit != "attributed":
        if row in db.session.dirty:
            _unsay(payment.id)
        return
    db.session.flush()
    message = db.session.get(Message, db.session.get(Touch, verdict.touch_id).message_id)
    said = record("conversion.recorded", verdict.person_id, at=verdict.at, key=f"conversion:{payment.id}",
                  source="analytics", **_told(row, payment, message))
    if said is None:                               # credited before, to another message
        _event(payment.id).data = _told(row, payment, message)


def _told(row: Conversion, payment: Payment, message: Message | None) -> dict:
    return {"conversion": row.public_id, "payment": payment.public_id, "kind": row.kind,
            "money": DRESS.money(payment.amount, payment.currency),
            "message": (message.subject or message.playbook or "a message") if message else "a message",
            "automation": message.automation_ref if message else None}


def _event(payment_id: int) -> Event | None:
    return db.session.scalar(select(Event).where(Event.source == "analytics", Event.key == f"conversion:{payment_id}"))


def _unsay(payment_id: int) -> None:
    db.session.execute(delete(Event).where(Event.source == "analytics", Event.key == f"conversion:{payment_id}")
                       .execution_options(synchronize_session=False))
