"""The rows behind every number: a figure has a name, words, and the people or payments that make it up."""
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for
from sqlalchemy import and_, func, select

from app.accounts import current_account
from app.kit.clock import now
from app.memberships import Membership
from app.payments import Payment, convert
from app.people import Person
from app.spine.db import db

from .metrics import Span, cases, cells, periods
from .metrics.revenue import MOVES
from .models import Conversion, Movement

FIGURES: dict[str, "Figure"] = {}
MOVED = {"new": "New", "reactivation": "Came back", "expansion": "Upgraded", "contraction": "Downgraded",
         "churned": "Lost"}
REASONS = {"payment_failed": "Payment failed", "voluntary": "Chose to leave", "to_free": "Moved to a free plan",
           "pause": "Paused", "resume": "Resumed", "upgrade": "Larger plan", "downgrade": "Smaller plan",
           "quantity": "More or fewer seats", "discount": "Price or discount changed", "": ""}
STATES = {"recovered": "Paid after all", "lost": "Not paid within 30 days", "open": "Still open"}


@dataclass(frozen=True)
class Line:
    """One row: whom it is about, what of it counts, when, and how much (None: nothing to add up)."""
    person_id: int
    what: str
    at: date | datetime | None = None
    amount: int | None = None
    href: str | None = None


@dataclass(frozen=True)
class Figure:
    """`unit` money (minor units) or monthly (1/10000 minor unit). `find(span, kind)` gives the lines."""
    name: str
    label: str
    about: str
    unit: str
    find: Callable


def figure(name: str, label: str, about: str, unit: str = "monthly"):
    """Name the function that finds the rows behind a number."""
    def take(function):
        FIGURES[name] = Figure(name, label, about, unit, function)
        return function
    return take


def standing(last: date):
    """The latest movement of each member up to a day: where they stand at its close."""
    newest = select(Movement.person_id, func.max(Movement.day).label("day")).where(
        Movement.day <= last).group_by(Movement.person_id).subquery()
    return select(Movement).join(newest, and_(newest.c.person_id == Movement.person_id, newest.c.day == Movement.day))


@figure("mrr", "Monthly recurring revenue", "Everybody who pays on a rhythm, at what it is worth a month.")
def mrr(span: Span, kind=None):
    rows = db.session.execute(standing(span.last).add_columns(Person.plan_name).join(
        Person, Person.id == Movement.person_id).where(Movement.after > 0).order_by(Movement.after.desc()))
    return [Line(move.person_id, plan or "No plan known", move.day, move.after) for move, plan in rows]


@figure("members", "Active members", "Everybody who pays, or paused after having paid, at the end of the period.")
def members(span: Span, kind=None):
    alive = select(Movement.person_id).where(Movement.day <= span.last).group_by(Movement.person_id).having(
        func.sum(Movement.customers) > 0)
    rows = db.session.execute(select(Person.id, Person.plan_name, Person.joined_at, Person.membership_status).where(
        Person.id.in_(alive)).order_by(Person.joined_at.desc()))
    return [Line(person_id, plan or (status or "").replace("_", " "), joined) for person_id, plan, joined, status
            in rows]


@figure("movements", "What moved", "Every change of monthly recurring revenue in the period.")
def movements(span: Span, kind=None):
    rows = db.session.scalars(select(Movement).where(
        Movement.day >= span.first, Movement.day <= span.last,
        Movement.kind.in_((kind,) if kind in MOVES else MOVES)).order_by(Movement.day.desc(), Movement.id.desc()))
    return [Line(move.person_id, " · ".join(filter(None, (MOVED[move.kind], REASONS.get(move.reason, "")))), move.day,
                 move.signed) for move in rows]


@figure("new", "New members", "Members who paid for the first time in the period.")
def new(span: Span, kind=None):
    return movements(span, "new")


@figure("lost", "Members lost", "Members at the start of the period who were not there at its end.")
def lost(span: Span, kind=None):
    [period] = periods([(span.first, span.last + timedelta(days=1))])
    days = dict(db.session.execute(select(Movement.person_id, func.max(Movement.day)).where(
        Movement.kind == "churned", Movement.day >= span.first, Movement.day <= span.last).group_by(
        Movement.person_id)).tuples().all())
    return [Line(person_id, REASONS.get(reason) or "Chose to leave", days.get(person_id), -before)
            for person_id, before, _, reason in sorted(period.gone, key=lambda row: -row[1])]


@figure("kept", "Revenue kept", "Members at the start of the period who pay more or less at its end.")
def kept(span: Span, kind=None):
    [period] = periods([(span.first, span.last + timedelta(days=1))])
    return [Line(person_id, "Gone" if not after else REASONS.get(reason) or "Changed", None, after - before)
            for person_id, before, after, reason in sorted(period.moved, key=lambda row: row[2] - row[1])]


@figure("cohort", "Still here", "People who began in the month and were still members so many days later.")
def cohort(span: Span, kind=None):
    wanted = int(kind) if re.fullmatch("[0-9]{1,4}", kind or "") else 0
    today = now().astimezone(current_account().zone).date()
    found = next((one for one in cells(today, [wanted], span.first) if one.cohort == span.first), None)
    return [Line(person_id, f"Still here after {wanted} days") for person_id in found.people] if found else []


def _cases(span: Span, states) -> list[Line]:
    return [Line(case.payment.person_id, STATES[case.state] + (", after a message" if case.after_message else ""),
                 case.payment.failed_at, case.amount, url_for("payments.show", public_id=case.payment.public_id))
            for case in cases(span).found if case.state in states]


@figure("recovered", "Payments recovered", "Payments that failed in the period, and what became of them.", "money")
def recovered(span: Span, kind=None):
    return _cases(span, (kind,) if kind in STATES else tuple(STATES))


def _conversions(span: Span, credit: str) -> list[Line]:
    from .metrics.conversions import KINDS, inside
    rows = db.session.execute(select(Conversion, Payment.public_id).join(
        Payment, Payment.id == Conversion.payment_id).where(Conversion.credit == credit, *inside(span)).order_by(
        Conversion.at.desc(), Conversion.id.desc()))
    return [Line(row.person_id, KINDS[row.kind], row.at, row.account_value,
                 url_for("payments.show", public_id=public_id)) for row, public_id in rows]


@figure("credited", "Credited to messages", "Payments within days of a click on a message.", "money")
def credited(span: Span, kind=None):
    return _conversions(span, "attributed")


@figure("influenced", "Influenced by messages", "Payments within days of a message that nobody clicked. "
        "Never added to what is credited.", "money")
def influenced(span: Span, kind=None):
    return _conversions(span, "influenced")


@figure("held-out", "Left alone and paid", "People a playbook left alone to compare with, and who paid anyway.",
        "money")
def held_out(span: Span, kind=None):
    return _conversions(span, "held_out")


WEEK = timedelta(days=7)


def coming(statuses, column) -> list[tuple[Membership, int]]:
    """Memberships whose `column` lies in the next seven days, with what they will pay; without a rate 0."""
    rows = db.session.scalars(select(Membership).join(Person, Person.id == Membership.person_id).where(
        Membership.status.in_(statuses), column >= now(), column < now() + WEEK, Person.staff.is_(False)).order_by(
        column)).all()
    return [(row, convert(max(0, row.amount * row.quantity - row.discount), row.currency, now()) or 0) for row in rows]


def _plan(row: Membership) -> str:
    return row.plan.label if row.plan else "Membership"


@figure("renewals", "Renewals in the next 7 days", "What is due, if every payment goes through.", "money")
def renewals(span: Span, kind=None):
    return [Line(row.person_id, _plan(row), row.period_end, amount)
            for row, amount in coming(("active",), Membership.period_end)]


@figure("trials", "Trials that end in the next 7 days", "What they would pay if they stay.", "money")
def trials(span: Span, kind=None):
    return [Line(row.person_id, _plan(row), row.trial_end, amount)
            for row, amount in coming(("trialing",), Membership.trial_end)]
