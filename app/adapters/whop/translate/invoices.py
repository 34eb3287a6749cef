"""Invoices an account writes itself (renewals are payments, not invoices).

Only a paid one is money: it becomes the payment Whop made for it (`pay_...`, with the invoice as alias), so that it and
that payment's own events are one payment; paid outside Whop, it is a manual payment under the invoice's id. An invoice
that is sent, overdue, voided or written off moved no money and was no failed charge: known, not used.
"""
from app.connections import Envelope
from app.spine.facts import PaymentFact

from ...reading import id_of, rows, text, version
from ..fields import currency_of, minor, named, own_id, plan_of, times
from .payments import RANK


def facts(envelope: Envelope) -> list[PaymentFact]:
    data = envelope.data
    if text(data, "status") != "paid":
        return []
    invoice, payment = own_id(data, "invoice"), id_of(data, "payment")
    currency = currency_of(data, "current_plan")
    return [PaymentFact(
        who=named(data), external_id=payment or invoice, status="paid",
        version=version(times(envelope), RANK["paid"]), at=times(envelope)[0], amount=total(data, currency),
        currency=currency, plan=plan_of({**data, "plan": data.get("current_plan"), "line_items": []}),
        reason="manual", aliases=(invoice,) if payment else ())]


def total(data: dict, currency) -> int | None:
    """The sum of the lines; None when there are none, so that the payment's own amount stands."""
    amounts = [minor(line.get("total"), currency) for line in rows(data, "line_items")]
    return sum(amount for amount in amounts if amount is not None) if amounts else None
