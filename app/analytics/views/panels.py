"""What the numbers say on the pages of others: a person, a payment, a playbook."""
from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.automations import Automation
from app.messaging import Message
from app.payments import Payment
from app.spine.db import db
from app.spine.slots import fills

from ..metrics import Proof, Span, proofs
from ..metrics.conversions import KINDS
from ..models import Conversion, Touch
from ..needs import DRESS

SHOWN = 5
CREDITS = {"attributed": "Credited to", "influenced": "Influenced by"}


def credited_to(*conditions) -> list[dict]:
    """Conversions with the message and playbook they are credited to, the latest first."""
    rows = db.session.execute(select(Conversion, Payment, Message).join(
        Payment, Payment.id == Conversion.payment_id).join(Touch, Touch.id == Conversion.touch_id).outerjoin(
        Message, Message.id == Touch.message_id).options(joinedload(Message.template)).where(
        Conversion.credit.in_(CREDITS), *conditions).order_by(Conversion.at.desc()).limit(SHOWN)).all()
    return [{"kind": KINDS[row.kind], "credit": CREDITS[row.credit], "payment": payment, "message": message,
             "value": DRESS.money(row.value, row.currency), "at": row.at} for row, payment, message in rows]


@fills("person.panel", 30, title="Credited payments", column="aside")
def conversions_of(person):
    rows = credited_to(Conversion.person_id == person.id)
    return render_template("payments/_credit.html", rows=rows) if rows else None


@fills("payment.panel", 10, title="Credited to")
def credit_of(payment):
    rows = credited_to(Conversion.payment_id == payment.id)
    return render_template("payments/_credit.html", rows=rows) if rows else None


@fills("person.fact", 10)
def worth_a_month(person):
    """What a member is worth a month, from the books."""
    from ..models import Movement
    row = db.session.scalar(select(Movement).where(Movement.person_id == person.id).order_by(
        Movement.day.desc()).limit(1))
    return ("Worth a month", DRESS.monthly(row.after)) if row is not None and row.after else None


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
