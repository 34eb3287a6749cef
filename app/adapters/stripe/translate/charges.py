"""Charges and payment intents: the inner ids of a payment, and the only ones that know why a card was refused."""
from app.connections import Envelope
from app.spine.facts import PaymentFact

from ...declines import DECLINES
from ...reading import id_of, rows, text
from ..fields import MONEY_RANK, currency_of, invoice_of, minor, own_id, reference, stamped, who

INTENT = {"succeeded": "paid", "canceled": "canceled", "processing": "pending", "requires_capture": "pending",
          "requires_action": "requires_action"}


def charge(envelope: Envelope) -> list[PaymentFact]:
    data = envelope.data
    own, status = own_id(data, "charge"), charge_status(data)
    ids = [one for one in (invoice_of(data), id_of(data, "payment_intent"), own) if one]
    taken = minor(data, "amount_captured") if data.get("captured") else None
    code = decline_of(data) if status == "failed" else None
    return [payment(envelope, ids, status, amount=taken or minor(data, "amount"),
                    refunded=minor(data, "amount_refunded"), failure_code=code,
                    failure_message=(text(data, "failure_message") or DECLINES.get(code)) if code else None,
                    card_brand=text(data, "payment_method_details.card.brand"),
                    card_last4=text(data, "payment_method_details.card.last4"))]


def charge_status(data: dict) -> str:
    """Disputes are told by their own events: `disputed` stays true when one is won."""
    if text(data, "status") != "succeeded":
        return "failed" if text(data, "status") == "failed" else "pending"
    if data.get("refunded") is True:
        return "refunded"
    if minor(data, "amount_refunded"):
        return "partially_refunded"
    return "paid" if data.get("captured", True) else "pending"


def decline_of(data: dict) -> str | None:
    """`card_declined` is only a heading: the issuer's own code stands in the outcome."""
    code = text(data, "failure_code")
    reason = text(data, "outcome.reason")
    return reason if reason and code in (None, "card_declined") else code


def intent(envelope: Envelope) -> list[PaymentFact]:
    """An intent that waits for a card says nothing yet; a cancelled one of an invoice leaves that to the invoice."""
    data = envelope.data
    status = intent_status(data)
    invoice = invoice_of(data)
    if status is None or (status == "canceled" and invoice):
        return []
    error = data.get("last_payment_error") if isinstance(data.get("last_payment_error"), dict) else {}
    charges = [text(one, "id") for one in rows(data, "charges.data")]
    ids = [one for one in (invoice, own_id(data, "payment"), id_of(data, "latest_charge"), *charges) if one]
    code = text(error, "decline_code", "code") if status in ("failed", "requires_action") else None
    paid = minor(data, "amount_received") if status == "paid" else None
    return [payment(envelope, list(dict.fromkeys(ids)), status, amount=paid or minor(data, "amount"),
                    failure_code=code, failure_message=(text(error, "message") or DECLINES.get(code)) if code else None,
                    card_brand=text(error, "payment_method.card.brand"),
                    card_last4=text(error, "payment_method.card.last4"))]


def intent_status(data: dict) -> str | None:
    said = text(data, "status")
    if said in ("requires_payment_method", "requires_confirmation"):
        error = data.get("last_payment_error")
        if not isinstance(error, dict) or not text(error, "code", "decline_code", "message"):
            return None
        return "requires_action" if text(error, "code") == "authentication_required" else "failed"
    return INTENT.get(said)


def payment(envelope: Envelope, ids: list[str], status: str, **more) -> PaymentFact:
    """A fact under the outermost id, the others as aliases."""
    data = envelope.data
    return PaymentFact(who=who(data), external_id=ids[0], aliases=tuple(ids[1:]), status=status,
                       version=stamped(envelope, MONEY_RANK[status]), at=envelope.occurred_at,
                       currency=currency_of(data), reference=reference(data), test=envelope.test, **more)
