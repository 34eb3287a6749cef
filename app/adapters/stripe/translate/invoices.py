"""Invoices, the outermost id of a payment. A draft or a free invoice moved no money: no fact."""
from app.connections import Envelope, Unreadable
from app.spine.facts import PaymentFact

from ...reading import first, id_of, moment, text, whole
from .. import fields
from ..fields import MONEY_RANK, currency_of, minor, own_id, reference, stamped, who

REASON = {"subscription_create": "initial", "subscription_cycle": "renewal", "subscription_threshold": "renewal",
          "subscription": "renewal", "subscription_update": "upgrade", "manual": "manual"}


def facts(envelope: Envelope) -> list[PaymentFact]:
    data = envelope.data
    status = status_of(data, envelope.kind)
    amount = minor(data, "amount_paid") if status == "paid" else minor(data, "amount_due", "total")
    if status is None or not amount:
        return []
    failing = status in ("failed", "requires_action")
    return [PaymentFact(
        who=who(data), external_id=own_id(data, "invoice"), status=status,
        version=stamped(envelope, MONEY_RANK[status]), at=at(envelope, status), amount=amount,
        currency=currency_of(data), membership_id=fields.subscription_of(data), plan=fields.line_plan(data),
        reason="manual" if data.get("paid_out_of_band") else REASON.get(text(data, "billing_reason")),
        attempts=whole(data.get("attempt_count")),
        next_attempt_at=moment(data.get("next_payment_attempt")) if failing else None,
        recovery_url=text(data, "hosted_invoice_url") if status != "paid" else None, aliases=fields.paid_by(data),
        reference=reference(data), test=envelope.test)]


def status_of(data: dict, kind: str) -> str | None:
    """From the invoice; only an open one needs the event's name to tell a refusal from a request to confirm."""
    said = text(data, "status")
    if said == "open":
        if kind.endswith("payment_action_required"):
            return "requires_action"
        return "failed" if data.get("attempted") and whole(data.get("attempt_count")) else "pending"
    return {"paid": "paid", "void": "canceled", "uncollectible": "failed"}.get(said)


def at(envelope: Envelope, status: str):
    place = {"paid": "paid_at", "canceled": "voided_at", "pending": "finalized_at"}.get(status, "")
    return moment(first(envelope.data, f"status_transitions.{place}")) or envelope.occurred_at


def link(envelope: Envelope) -> list[PaymentFact]:
    """invoice_payment.paid: which intent paid which invoice, the only place new API versions say so by themselves."""
    data = envelope.data
    invoice = id_of(data, "invoice")
    paid = data.get("payment") if isinstance(data.get("payment"), dict) else {}
    inner = tuple(filter(None, (id_of(paid, "payment_intent"), id_of(paid, "charge"))))
    if text(data, "status") != "paid":
        return []
    if not invoice or not inner:
        raise Unreadable("The invoice payment names no invoice or no payment.")
    return [PaymentFact(
        who=who(data), external_id=invoice, status="paid", version=stamped(envelope, MONEY_RANK["paid"]),
        at=moment(first(data, "status_transitions.paid_at")) or envelope.occurred_at,
        amount=minor(data, "amount_paid"), currency=currency_of(data), aliases=inner, test=envelope.test)]
