"""Memberships, dated and undated shapes, as one whole state.

`canceling` is an active membership that ends with its period. A trial or a past-due membership that will also be
cancelled keeps its own status (a trial earns nothing, a failed payment still wants saving); `canceled_at` says more.
Paused is `payment_collection_paused` in the undated shape and `most_recent_action` `paused_at` in the dated one.
"""
from app.connections import Envelope
from app.spine.facts import MembershipFact

from ...reading import first, moment, text, version
from ..fields import currency_of, interval_of, minor, named, own_id, plan_of, spelled_interval, times

STATUS = {"unresolved": "unpaid", "drafted": "incomplete", "cancelled": "canceled", "joined": "active",
          "unpaid": "unpaid"}
ENDED = ("canceled", "expired")
RANK = {"incomplete": 0, "trialing": 1, "active": 2, "past_due": 3, "unpaid": 4, "paused": 5, "canceling": 6,
        "completed": 7, "expired": 8, "canceled": 9}


def facts(envelope: Envelope) -> list[MembershipFact]:
    data = envelope.data
    status, ended = status_of(data), None
    if status in ENDED:
        ended = ended_at(data, envelope.occurred_at)
    currency = currency_of(data, "renewal_price", "initial_price")
    canceled = moment(data.get("canceled_at"))
    end = moment(first(data, "current_period_end", "renewal_period_end"))
    return [MembershipFact(
        who=named(data), external_id=own_id(data, "membership"), status=status,
        version=version([*times(envelope, "canceled_at"), ended], RANK.get(status, 2)),
        plan=plan(data, status, currency), amount=renewal(data, currency), currency=currency,
        started_at=moment(first(data, "joined_at", "created_at")),
        period_start=moment(first(data, "current_period_start", "renewal_period_start")), period_end=end,
        trial_end=end if status == "trialing" else None, canceled_at=canceled, ended_at=ended,
        changed_at=changed_at(data, status, canceled, ended), cancel_reason=reason(data),
        manage_url=text(data, "manage_url"))]


def status_of(data: dict) -> str:
    """Our status word; one that Whop invents later is passed on as it is."""
    said = (text(data, "status") or "").lower()
    status = STATUS.get(said, said or ("active" if data.get("valid") else "expired"))
    if status in ("active", "canceling", "past_due") and paused(data):
        return "paused"
    if status == "active" and data.get("cancel_at_period_end") is True:
        return "canceling"
    return status


def paused(data: dict) -> bool:
    return data.get("payment_collection_paused") is True or data.get("most_recent_action") == "paused_at"


def ended_at(data: dict, occurred):
    """When access ended: Whop's own word for it, else the end of the paid period it had reached, else the event."""
    if data.get("most_recent_action") == "canceled_on" and moment(data.get("most_recent_action_at")):
        return min(moment(data["most_recent_action_at"]), occurred)
    for place in ("expires_at", "current_period_end", "renewal_period_end", "updated_at"):
        at = moment(data.get(place))
        if at is not None and at <= occurred:
            return at
    return occurred


def changed_at(data: dict, status: str, canceled, ended):
    """When this state took effect, where Whop says so."""
    if status in ENDED:
        return ended
    if status == "canceling":
        return canceled
    if status in ("past_due", "paused") and data.get("most_recent_action") in ("past_due", "paused_at"):
        return moment(data.get("most_recent_action_at"))
    return None


def renewal(data: dict, currency):
    """What the next renewal charges, in minor units: a price, or the number in "$49.00 / month"."""
    return minor(first(data, "renewal_price", "formatted_renewal_price"), currency)


def plan(data: dict, status: str, currency):
    """The plan with its interval; a promo's price says nothing about the plan's own."""
    interval, count = interval_of(data.get("billing_period_days"))
    if interval is None:
        interval, count = spelled_interval(text(data, "formatted_renewal_price"))
    if interval is None and (status == "completed" or one_time(data)):
        interval, count = "one_time", 1
    if interval is None and status != "trialing":
        interval, count = interval_of(period_days(data))
    listed = None if first(data, "promo_code_id", "promo_code") else renewal(data, currency)
    if interval == "one_time":
        listed = minor(data.get("initial_price"), currency)
    return plan_of(data, amount=listed, currency=currency, interval=interval, interval_count=count)


def one_time(data: dict) -> bool:
    """In the dated shape a membership that never renews has neither period nor renewal price nor end."""
    dated = "billing_period_days" in data
    return dated and not first(data, "billing_period_days", "renewal_price", "current_period_end")


def period_days(data: dict):
    start = moment(first(data, "current_period_start", "renewal_period_start"))
    end = moment(first(data, "current_period_end", "renewal_period_end"))
    return round((end - start).total_seconds() / 86400) if start and end else None


def reason(data: dict) -> str | None:
    """Why they cancel: Whop's code, else what they wrote."""
    return text(data, "cancel_option", "feedback_option.label", "cancellation_reason")
