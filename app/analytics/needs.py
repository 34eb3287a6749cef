"""Who needs the creator now: other rooms add theirs with `@fills("dashboard.need", order)`, a function giving needs.

A need is a dict for `bits.needs`: name, href, why, icon, tone, amount, when, act {label, href}; `risk` and `gain` are
what it adds to the sums above the list, in minor units of the account's currency; `permission` who may see it.
"""
from datetime import timedelta

from flask import current_app, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.accounts import current_account
from app.connections import Delivery
from app.kit.clock import now
from app.kit.dress import Dress, plural
from app.memberships import Membership
from app.messaging import Message
from app.payments import RECOVERY, Payment, convert
from app.people import Person
from app.spine.db import db
from app.spine.slots import filled, fills

DRESS = Dress(account=current_account, now=now)
MOST = 50
SOON = timedelta(days=31)


def needs() -> list[dict]:
    """Everything that waits for a human, the most valuable of each kind first."""
    return [need for fill, _ in filled("dashboard.need") for need in fill()]


def home(minor: int, currency: str) -> int:
    return convert(minor, currency, now()) or 0


def failing():
    """A criterion: payments that failed and may still be paid."""
    return (Payment.status.in_(("failed", "requires_action")), Payment.failed_at > now() - RECOVERY,
            Payment.test.is_(False))


def leaving():
    """A criterion: memberships that end at the end of the period that is paid for."""
    return Membership.status == "canceling", Membership.period_end > now(), Membership.period_end < now() + SOON


def stuck(state: str):
    return Message.state == state, Message.is_test.is_(False)


def waiting() -> int:
    """How many needs there are, in one statement, for the number beside the menu."""
    def count(model, *where):
        return select(func.count(model.id)).where(*where).scalar_subquery()
    held, broken = count(Message, *stuck("held")), count(Delivery, Delivery.state == "failed")
    one = db.session.execute(select(count(Payment, *failing()), count(Membership, *leaving()),
                                    count(Message, *stuck("unclear")), held, broken)).one()
    return sum(one[:3]) + min(one[3], 1) + min(one[4], 1)


@fills("dashboard.need", 10)
def open_payments() -> list[dict]:
    rows = db.session.scalars(select(Payment).join(Person, Person.id == Payment.person_id).options(
        joinedload(Payment.person), joinedload(Payment.plan)).where(*failing(), Person.staff.is_(False)).order_by(
        Payment.amount.desc(), Payment.id).limit(MOST)).all()
    return [{"name": row.person.label, "href": url_for("people.show", public_id=row.person.public_id),
             "why": failure(row), "icon": "credit-card", "tone": "bad", "risk": home(row.amount, row.currency),
             "amount": DRESS.money(row.amount, row.currency), "when": f"failed {DRESS.ago(row.failed_at)}",
             "act": {"label": "See the payment", "href": url_for("payments.show", public_id=row.public_id)}}
            for row in rows]


def failure(row: Payment) -> str:
    """Why it failed and what for, in a sentence."""
    times = {1: "once", 2: "twice"}.get(row.attempts_count, f"{row.attempts_count} times")
    why = (row.failure_message or (row.failure_code or "no reason given").replace("_", " ")).rstrip(".")
    return f"{why[:1].upper()}{why[1:]}. Tried {times}."


@fills("dashboard.need", 20)
def leavers() -> list[dict]:
    rows = db.session.scalars(select(Membership).join(Person, Person.id == Membership.person_id).options(
        joinedload(Membership.person), joinedload(Membership.plan)).where(
        *leaving(), Person.staff.is_(False)).order_by(Membership.amount.desc(), Membership.id).limit(MOST)).all()
    return [_leaver(row) for row in rows]


def _leaver(row: Membership) -> dict:
    why = f": {row.cancel_reason.replace('_', ' ')}" if row.cancel_reason else ""
    every = {"month": "a month", "year": "a year", "week": "a week"}.get(row.interval, "a period")
    person = url_for("people.show", public_id=row.person.public_id)
    worth = max(0, row.amount * row.quantity - row.discount)
    return {"name": row.person.label, "href": person, "icon": "log-out", "tone": "warn",
            "why": f"Leaves {row.plan.label if row.plan else 'the membership'} on {DRESS.day(row.period_end)}{why}.",
            "risk": home(worth, row.currency), "amount": DRESS.money(worth, row.currency),
            "when": every if row.interval_count == 1 else "a period",
            "act": {"label": f"Open {row.person.first_name or 'the page'}", "href": person}}


@fills("dashboard.need", 30)
def unclear_messages() -> list[dict]:
    rows = db.session.scalars(select(Message).options(joinedload(Message.person)).where(*stuck("unclear")).order_by(
        Message.attempted_at.desc()).limit(MOST)).all()
    return [{"name": row.person.label, "href": url_for("people.show", public_id=row.person.public_id),
             "why": "A message may or may not have gone out. We will not repeat it.", "icon": "circle-question-mark",
             "tone": "warn", "amount": "", "when": DRESS.ago(row.attempted_at),
             "act": {"label": "Decide", "href": url_for("messages.show", message_id=row.public_id)}} for row in rows]


@fills("dashboard.need", 40)
def held_messages() -> list[dict]:
    count = db.session.scalar(select(func.count(Message.id)).where(*stuck("held")))
    if not count:
        return []
    here = url_for("messages.index", tab="held")
    return [{"name": plural(count, "message waits", "messages wait"), "href": here, "icon": "circle-pause",
             "tone": "warn", "why": "Held back until you let them go or stop them.", "amount": "", "when": "",
             "act": {"label": "Decide", "href": here}}]


@fills("dashboard.need", 50)
def failed_deliveries() -> list[dict]:
    count = db.session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "failed"))
    if not count:
        return []
    here = url_for("deliveries.index", state="failed")
    return [{"name": plural(count, "webhook", "webhooks") + " could not be read", "href": here, "icon": "webhook",
             "tone": "bad", "why": "What they say is not in your numbers yet.", "amount": "", "when": "",
             "permission": "connections.read",
             "act": {"label": "Look at them", "href": here}}]


def exists(endpoint: str) -> bool:
    """Whether that room is there to link to."""
    return endpoint in current_app.view_functions
