"""Subscriptions as one whole state. Period dates live on the items (new) or on the subscription (old).

`canceling` is an active subscription with an end set; a trial or a past-due one keeps its status and its
`canceled_at`. `pause_collection` makes an active one `paused`. Several items: their sum, quantity 1.
"""
from app.connections import Envelope
from app.spine.facts import MembershipFact

from ...reading import first, moment, rows, text, whole
from ..fields import currency_of, minor, own_id, price_ref, stamped, who

STATUS = {"incomplete_expired": "expired"}
RANK = {"incomplete": 0, "trialing": 1, "active": 2, "past_due": 3, "unpaid": 4, "paused": 5, "canceling": 6,
        "expired": 8, "canceled": 9}
ENDED = ("canceled", "expired")


def facts(envelope: Envelope) -> list[MembershipFact]:
    data = envelope.data
    status, items = status_of(data), rows(data, "items.data")
    item = items[0] if items else {}
    canceled, ended = moment(data.get("canceled_at")), moment(data.get("ended_at"))
    ended = (ended or canceled or envelope.occurred_at) if status in ENDED else None
    amount, quantity = price(items, data)
    return [MembershipFact(
        who=who(data), external_id=own_id(data, "subscription"), status=status,
        version=stamped(envelope, RANK.get(status, 2)), plan=price_ref(priced(item) or data.get("plan")),
        amount=amount, currency=currency_of(data) or currency_of(priced(item)),
        quantity=quantity, discount=discount(data, (amount or 0) * quantity, envelope.occurred_at),
        started_at=moment(first(data, "start_date", "created")),
        period_start=moment(first(item, "current_period_start") or data.get("current_period_start")),
        period_end=moment(first(item, "current_period_end") or data.get("current_period_end")),
        trial_end=moment(data.get("trial_end")), canceled_at=canceled, ended_at=ended,
        changed_at=changed_at(envelope, status, canceled, ended),
        cancel_reason=text(data, "cancellation_details.feedback", "cancellation_details.comment",
                           "cancellation_details.reason"))]


def status_of(data: dict) -> str:
    """Our word; one that Stripe invents later is passed on as it is."""
    said = text(data, "status") or "incomplete"
    status = STATUS.get(said, said)
    if status == "active" and data.get("pause_collection"):
        return "paused"
    if status == "active" and (data.get("cancel_at_period_end") is True or data.get("cancel_at")):
        return "canceling"
    return status


def priced(item: dict) -> dict:
    """An item's price (new) or plan (old)."""
    return next((item[name] for name in ("price", "plan") if isinstance(item.get(name), dict)), {})


def price(items: list[dict], data: dict) -> tuple[int | None, int]:
    """(amount per unit, quantity) of one item; of several their sum and 1. Tiered prices have no amount."""
    lines = [(minor(priced(item), "unit_amount", "unit_amount_decimal", "amount"),
              whole(item.get("quantity")) or 1) for item in items]
    if not lines:
        return minor(data, "plan.amount"), whole(data.get("quantity")) or 1
    if len(lines) == 1:
        return lines[0]
    known = [amount * quantity for amount, quantity in lines if amount is not None]
    return (sum(known) if len(known) == len(lines) else None), 1


def discount(data: dict, gross: int, now) -> int | None:
    """What lasting coupons take off a period, minor units; a coupon for one invoice only is no discount.

    None when it names discounts by their ids alone, as events of new API versions do: then what is known stays.
    """
    single, listed = data.get("discount"), data.get("discounts")
    if isinstance(listed, list) and any(isinstance(one, str) for one in listed):
        return None
    found = [*rows(data, "discounts"), *([single] if isinstance(single, dict) else [])]
    taken = 0
    for one in {text(one, "id"): one for one in found}.values():
        coupon, end = first(one, "coupon", "source.coupon"), moment(one.get("end"))
        if not isinstance(coupon, dict) or coupon.get("duration") == "once" or (end and end <= now):
            continue
        percent = minor({"basis": coupon["percent_off"] * 100}, "basis") if is_number(coupon.get("percent_off")) else 0
        taken += (gross * percent + 5000) // 10_000 if percent else minor(coupon, "amount_off") or 0
    return min(taken, gross)


def is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100


def changed_at(envelope: Envelope, status: str, canceled, ended):
    """When this state took effect: Stripe's dates, or the event itself when it says that the status is what changed."""
    if status in ENDED:
        return ended
    if status == "canceling" and canceled:
        return canceled
    changed = {"status", "pause_collection"} & set(envelope.previous)
    return envelope.occurred_at if changed or not envelope.kind.endswith((".updated", ".trial_will_end")) else None
