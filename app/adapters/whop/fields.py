"""What Whop's dated and older shapes have in common: who, which plan, how much, when."""
import re

from app.connections import Envelope, Unreadable
from app.kit import money
from app.spine.facts import PersonRef, PlanRef

from ..reading import first, id_of, moment, rows, text

FORMATTED = re.compile(r"([\d,]+(?:\.\d+)?)(?:\s*/\s*(\d+)?\s*(day|week|month|year)s?)?")
PERIODS = ((7, 7, "week", 1), (28, 31, "month", 1), (89, 92, "month", 3), (180, 184, "month", 6),
           (365, 366, "year", 1))


def who(data: dict) -> PersonRef:
    """The person a resource is about. `buyer.member_id` may hold a membership's id: the prefix decides."""
    member = text(data, "member_id", "member.id", "buyer.member_id")
    country = text(data, "billing_address.country", "user.country")
    return PersonRef(
        email=text(data, "customer_email", "email", "user.email", "buyer.email", "email_address", "member.email"),
        name=text(data, "user.name", "display_name", "buyer.name", "customer_name", "member.name"),
        username=text(data, "user.username", "buyer.username", "member.username"),
        phone=text(data, "phone_number", "customer_phone", "member.phone", "phone"),
        country=country if country and len(country) == 2 else None,
        whop_user=text(data, "user_id", "user.id", "buyer.user_id", "user"),
        whop_member=member if member and member.startswith("mber_") else None)


def named(data: dict) -> PersonRef:
    """Like `who`, but nobody at all is unreadable."""
    found = who(data)
    if not found:
        raise Unreadable("It does not say who it is about: no user, member or email.")
    return found


def own_id(data: dict, noun: str) -> str:
    found = text(data, "id")
    if not found:
        raise Unreadable(f"The {noun} has no id.")
    return found


def currency_of(data: dict, *places: str) -> str | None:
    """ISO code in capitals from the first money or currency field that names one; BadMoney when it is none."""
    code = text(data, *(f"{place}.currency" for place in places), "currency")
    try:
        return money.currency(code) if code else None
    except money.BadMoney as error:
        raise Unreadable(f"Its currency is not one we know: {error}.") from None


def minor(value, currency: str | None) -> int | None:
    """Decimal major units (a Money object, a number, or text such as "$49.00") to integer minor units."""
    if isinstance(value, dict):
        value = value.get("amount")
    if value in (None, "") or isinstance(value, bool) or currency is None:
        return None
    if isinstance(value, str):
        found = FORMATTED.search(value)
        if found is None:
            raise Unreadable(f"{value!r} is not an amount.")
        value = ("-" if value.strip().startswith("-") else "") + found[1].replace(",", "")
    try:
        return money.to_minor(value, currency)
    except money.BadMoney as error:
        raise Unreadable(f"An amount cannot be read: {error}.") from None


def interval_of(days) -> tuple[str | None, int]:
    """Billing days as (interval, count): 30 -> month 1, 90 -> month 3, 365 -> year 1, 10 -> day 10."""
    if not isinstance(days, (int, float)) or isinstance(days, bool) or days <= 0:
        return None, 1
    for low, high, name, count in PERIODS:
        if low <= days <= high:
            return name, count
    return "day", round(days)


def spelled_interval(words: str | None) -> tuple[str | None, int]:
    """The interval in an older `formatted_renewal_price` such as "$49.00 / month"."""
    found = FORMATTED.search(words or "")
    return (found[3], int(found[2] or 1)) if found and found[3] else (None, 1)


def plan_of(data: dict, **price) -> PlanRef | None:
    """The plan a resource names, with the product it belongs to."""
    plan = id_of(data, "plan")
    if not plan:
        return None
    line = next(iter(rows(data, "line_items")), {})
    return PlanRef(plan, name=text(data, "plan.title") or text(line, "plan_title"), product_id=id_of(data, "product"),
                   product_name=text(data, "product.title") or text(line, "product_title"), **price)


def times(envelope: Envelope, *places: str) -> list:
    """Moments for a version: the object's `updated_at` (else the event's own time) and what else has happened."""
    changed = moment(envelope.data.get("updated_at")) or envelope.occurred_at
    more = [moment(first(envelope.data, place)) for place in places]
    return [changed, *(at for at in more if at is not None and at <= envelope.occurred_at)]
