"""Payments. Whop has no status "failed": a failed charge is `open` with a decline or a failing substatus.

A payment keeps its `pay_` id over all its attempts, so that id is ours; invoices join it by alias (invoices.py).
"""
from app.connections import Envelope
from app.spine.facts import PaymentFact

from ...declines import DECLINES
from ...reading import first, id_of, moment, text, version, whole
from ..fields import currency_of, minor, named, own_id, plan_of, times

RANK = {"pending": 0, "requires_action": 1, "failed": 2, "canceled": 3, "paid": 4, "partially_refunded": 5,
        "refunded": 6, "disputed": 7}
STATUS = {"paid": "paid", "void": "canceled", "canceled": "canceled", "draft": "pending", "pending": "pending",
          "authorized": "pending", "uncollectible": "failed", "failed": "failed"}
BY_NAME = {"succeeded": "paid", "failed": "failed", "pending": "pending", "requires_action": "requires_action",
           "canceled": "canceled", "authorized": "pending", "created": "pending"}
REASON = {"subscription_create": "initial", "subscription_cycle": "renewal", "subscription": "renewal",
          "subscription_update": "upgrade", "one_time": "one_time", "manual": "manual"}
CONFIRM = ("authentication_required", "requires_action")
FAILING = ("failed", "past_due")


def facts(envelope: Envelope) -> list[PaymentFact]:
    data = envelope.data
    currency = currency_of(data, "total")
    status = status_of(data, envelope.kind.rpartition(".")[2])
    failing = status in ("failed", "requires_action")
    code = text(data, "decline_code") if failing else None
    return [PaymentFact(
        who=named(data), external_id=own_id(data, "payment"), status=status,
        version=version(times(envelope, "paid_at", "refunded_at"), RANK[status]), at=at(envelope, status),
        amount=minor(first(data, "total", "subtotal", "final_amount"), currency), currency=currency,
        refunded=minor(data.get("refunded_amount"), currency), membership_id=id_of(data, "membership"),
        plan=plan_of(data), reason=REASON.get(text(data, "billing_reason")), failure_code=code,
        failure_message=(text(data, "failure_message") or DECLINES.get(code)) if failing else None,
        attempts=attempts(data, status),
        next_attempt_at=moment(first(data, "next_payment_attempt_at", "next_payment_attempt")) if failing else None,
        recovery_url=text(data, "recovery_url"), card_brand=text(data, "payment_instrument.card.brand", "card_brand"),
        card_last4=text(data, "payment_instrument.card.last4", "card_last4"),
        reference=text(data, "metadata.ra_ref"))]


def status_of(data: dict, event: str) -> str:
    """From status, substatus and decline; the event's name only where the object says nothing we know."""
    said, sub = text(data, "status"), text(data, "substatus") or ""
    if said == "paid":
        return settled(data, sub)
    if said in ("open", "unresolved"):
        if text(data, "decline_code") in CONFIRM or sub in CONFIRM:
            return "requires_action"
        return "failed" if text(data, "decline_code") or sub in FAILING or said == "unresolved" else "pending"
    return STATUS.get(said) or BY_NAME.get(event, "pending")


def settled(data: dict, sub: str) -> str:
    """A paid payment, unless money went back or is fought over."""
    if sub.startswith("dispute") and not sub.endswith(("won", "closed")):
        return "disputed"
    total, back = first(data, "total", "subtotal"), data.get("refunded_amount")
    given = minor(back, currency_of(data, "total")) or 0
    if sub in ("refunded", "auto_refunded") or data.get("auto_refunded") is True:
        return "refunded"
    if given:
        return "refunded" if given >= (minor(total, currency_of(data, "total")) or 0) else "partially_refunded"
    return "partially_refunded" if sub == "partially_refunded" else "paid"


def attempts(data: dict, status: str) -> int | None:
    """Charges tried: the failed ones, and the one that went through."""
    failed = whole(data.get("payments_failed"))
    if failed is None:
        return None
    return failed + (status not in ("pending", "failed", "requires_action", "canceled"))


def at(envelope: Envelope, status: str):
    """When this state came about."""
    places = {"pending": ("created_at",), "failed": ("last_payment_attempt_at", "last_payment_attempt"),
              "requires_action": ("last_payment_attempt_at", "last_payment_attempt"), "paid": ("paid_at",),
              "refunded": ("refunded_at",), "partially_refunded": ("refunded_at",)}.get(status, ())
    return moment(first(envelope.data, *places)) or times(envelope)[0]
