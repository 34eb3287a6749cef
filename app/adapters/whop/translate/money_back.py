"""Refunds and disputes: each is a fact about the payment it takes money from.

A refund counts from the moment it is started, as Whop's own `refunded_amount` does; one that fails later is the same
refund with amount 0. Both the nested webhook shape and the flat REST shape are read.
"""
from app.connections import Envelope, Unreadable
from app.spine.facts import PaymentFact

from ...reading import first, id_of, moment, text, version
from ..fields import currency_of, minor, own_id, plan_of, times, who

TAKEN_BACK = ("failed", "canceled", "cancelled", "rejected")
REFUND_RANK = {"pending": 5, "succeeded": 6}
OVER = {"won": "won", "lost": "lost", "prevented": "won", "warning_closed": "won"}


def refund(envelope: Envelope) -> list[PaymentFact]:
    data, payment = envelope.data, paid(envelope.data, "refund")
    currency = currency_of(data, "amount")
    status, amount = text(data, "status") or "pending", minor(data.get("amount"), currency) or 0
    total = minor(first(payment, "total", "subtotal"), currency)
    amount = 0 if status in TAKEN_BACK else amount
    whole = total is not None and amount >= total
    moments = [*times(envelope, "provider_created_at"), envelope.occurred_at]
    return [PaymentFact(
        who=who(payment) or who(data), external_id=payment["id"], currency=currency, amount=total,
        status="refunded" if whole else "partially_refunded" if amount else "paid",
        version=version(moments, REFUND_RANK.get(status, 7)), at=moment(data.get("created_at")) or moments[0],
        membership_id=id_of(payment, "membership"), plan=plan_of(payment),
        refund_id=own_id(data, "refund"), refund_amount=amount)]


def dispute(envelope: Envelope) -> list[PaymentFact]:
    data, payment = envelope.data, paid(envelope.data, "dispute")
    currency = currency_of(data, "amount", "payment")
    said = text(data, "status") or "needs_response"
    standing = OVER.get(said, "open")
    return [PaymentFact(
        who=who(data), external_id=payment["id"], status="paid" if standing == "won" else "disputed",
        version=version(times(envelope), 8 if standing == "open" else 9),
        at=moment(data.get("created_at" if standing == "open" else "updated_at")) or envelope.occurred_at,
        amount=minor(first(payment, "total", "amount"), currency), currency=currency, plan=plan_of(data),
        membership_id=membership_of(data), dispute_id=own_id(data, "dispute"), dispute_status=standing,
        dispute_amount=minor(data.get("amount"), currency))]


def paid(data: dict, noun: str) -> dict:
    """The payment this takes from, nested or by id."""
    nested = data.get("payment") if isinstance(data.get("payment"), dict) else {}
    found = id_of(data, "payment")
    if not found:
        raise Unreadable(f"The {noun} does not say which payment it is about.")
    return {**nested, "id": found}


def membership_of(data: dict) -> str | None:
    """A buyer's `member_id` that starts with mem_ is a membership."""
    found = text(data, "membership_id", "buyer.member_id")
    return found if found and found.startswith("mem_") else None
