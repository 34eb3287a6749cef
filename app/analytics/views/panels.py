"""What the numbers say on the pages of others: a person, a payment, a playbook."""
from flask import render_template
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from app.automations import Automation
from app.messaging import Message
from app.payments import Payment
from app.people import Person
from app.spine.db import db
from app.spine.holding import FLEETING
from app.spine.slots import fills

from ..metrics import Proof, Span, proofs
from ..metrics.conversions import KINDS
from ..models import Conversion, Movement, Touch
from ..needs import DRESS

SHOWN = 5
CREDITS = {"attributed": "Credited to", "influenced": "Influenced by"}
FLEETING.add("credits")              # what a person's page asks twice, for one transaction


def credited():
    """A select of conversions with the payment and the message they are credited to."""
    return select(Conversion, Payment, Message).join(
        Payment, Payment.id == Conversion.payment_id).join(Touch, Touch.id == Conversion.touch_id).outerjoin(
        Message, Message.id == Touch.message_id).options(joinedload(Message.template)).where(
        Conversion.credit.in_(CREDITS)).order_by(Conversion.at.desc()).limit(SHOWN)


def shown(rows) -> list[dict]:
    return [{"kind": KINDS[row.kind], "credit": CREDITS[row.credit], "payment": payment, "message": message,
             "value": DRESS.money(row.value, row.currency), "at": row.at} for row, payment, message in rows]


def books_of(person) -> tuple:
    """(what they are worth a month, conversions), in one question for both places on their page."""
    held = db.session.info.setdefault("credits", {})
    if person.id not in held:
        worth = select(Movement.after).where(Movement.person_id == person.id).order_by(Movement.day.desc()).limit(1)
        theirs = and_(Conversion.person_id == Person.id, Conversion.credit.in_(CREDITS))
        rows = db.session.execute(
            select(worth.scalar_subquery().label("worth"), Conversion, Payment, Touch, Message).select_from(Person)
            .outerjoin(Conversion, theirs).outerjoin(Payment, Payment.id == Conversion.payment_id)
            .outerjoin(Touch, Touch.id == Conversion.touch_id).outerjoin(Message, Message.id == Touch.message_id)
            .options(joinedload(Message.template)).where(Person.id == person.id)
            .order_by(Conversion.at.desc()).limit(SHOWN)).all()
        held[person.id] = rows[0].worth if rows else None, [
            (row.Conversion, row.Payment, row.Message) for row in rows if row.Conversion and row.Touch]
    return held[person.id]


@fills("person.panel", 30, title="Credited payments", column="aside")
def conversions_of(person):
    rows = shown(books_of(person)[1])
    return render_template("payments/_credit.html", rows=rows) if rows else None


@fills("payment.panel", 10, title="Credited to")
def credit_of(payment):
    rows = shown(db.session.execute(credited().where(Conversion.payment_id == payment.id)).all())
    return render_template("payments/_credit.html", rows=rows) if rows else None


@fills("person.fact", 10)
def worth_a_month(person):
    """What a member is worth a month, from the books."""
    worth = books_of(person)[0]
    return ("Worth a month", DRESS.monthly(worth)) if worth else None


@fills("playbook.figures", 20)
def figures_of(automation: Automation) -> list[dict]:
    """Credited value, conversions and what is extra, over the last 90 days."""
    proof = proofs(Span.of(90)).get(automation.id, Proof())
    extra = DRESS.money(proof.extra, sums=True) if proof.extra is not None else "–"
    return [{"label": "Credited, 90 days", "value": DRESS.money(proof.credited, sums=True)},
            {"label": "Conversions", "value": f"{proof.conversions:,}"},
            {"label": "More than would have come anyway", "value": extra, "reason": proof.why_not}]


@fills("playbook.money", 20)
def money_of(automation: Automation) -> dict:
    """Those treated beside those left alone, for the playbook's page."""
    proof = proofs(Span.of(90)).get(automation.id, Proof())
    return {"proof": proof, "credited": DRESS.money(proof.credited, sums=True), "why_not": proof.why_not,
            "extra": None if proof.extra is None else DRESS.money(proof.extra, sums=True),
            "anyway": None if proof.anyway is None else DRESS.money(proof.anyway, sums=True),
            "interval": proof.interval and [DRESS.money(edge, sums=True) for edge in proof.interval]}
