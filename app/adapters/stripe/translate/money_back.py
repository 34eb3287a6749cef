"""Refunds and disputes, facts about the payment they take from; they name intent and charge, never the person.

A pending refund counts, as in the charge's own `amount_refunded`; one that fails is the same refund with amount 0.
"""
from app.connections import Envelope, Unreadable
from app.spine.facts import PaymentFact

from ...reading import id_of, moment, text
from ..fields import currency_of, invoice_of, minor, own_id, stamped, who

TAKEN_BACK = ("failed", "canceled")
OVER = {"won": "won", "lost": "lost", "prevented": "won", "warning_closed": "won", "charge_refunded": "won"}
RANK = {"open": 7, "won": 8, "lost": 9}


def refund(envelope: Envelope) -> list[PaymentFact]:
    data = envelope.data
    amount = 0 if text(data, "status") in TAKEN_BACK else minor(data, "amount") or 0
    ids = paid(data, "refund")
    return [PaymentFact(
        who=who(data), external_id=ids[0], aliases=ids[1:], status="partially_refunded" if amount else "paid",
        version=stamped(envelope, 5 if amount else 6), at=moment(data.get("created")) or envelope.occurred_at,
        currency=currency_of(data), refund_id=own_id(data, "refund"), refund_amount=amount, test=envelope.test)]


def dispute(envelope: Envelope) -> list[PaymentFact]:
    data = envelope.data
    standing = OVER.get(text(data, "status") or "", "open")
    ids = paid(data, "dispute")
    opened = moment(data.get("created")) or envelope.occurred_at
    return [PaymentFact(
        who=who(data), external_id=ids[0], aliases=ids[1:], status="paid" if standing == "won" else "disputed",
        version=stamped(envelope, RANK[standing]), at=opened if standing == "open" else envelope.occurred_at,
        currency=currency_of(data), dispute_id=own_id(data, "dispute"), dispute_status=standing,
        dispute_amount=minor(data, "amount"), test=envelope.test)]


def paid(data: dict, noun: str) -> tuple[str, ...]:
    """The payment this takes from, outermost id first."""
    ids = tuple(filter(None, (invoice_of(data), id_of(data, "payment_intent"), id_of(data, "charge"))))
    if not ids:
        raise Unreadable(f"The {noun} does not say which payment it is about.")
    return ids
