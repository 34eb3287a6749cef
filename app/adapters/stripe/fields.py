"""Where Stripe keeps what we ask: the same words for the places of old and of new API versions."""
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.connections import Envelope, Unreadable
from app.kit import money
from app.spine.facts import PersonRef, PlanRef

from ..reading import first, id_of, rows, text, version, whole

MONEY_RANK = {"pending": 0, "requires_action": 2, "failed": 1, "canceled": 3, "paid": 4, "partially_refunded": 5,
              "refunded": 6, "disputed": 7}


def own_id(data: dict, noun: str) -> str:
    found = text(data, "id")
    if not found:
        raise Unreadable(f"The {noun} has no id.")
    return found


def currency_of(data: dict) -> str | None:
    code = text(data, "currency")
    try:
        return money.currency(code) if code else None
    except money.BadMoney as error:
        raise Unreadable(f"Its currency is not one we know: {error}.") from None


def minor(data: dict, *places: str) -> int | None:
    """An amount; Stripe sends minor units already, for JPY and its like as well, in text only with fractions."""
    value = first(data, *places)
    if value is None or isinstance(value, bool):
        return None
    try:
        return int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, OverflowError):
        raise Unreadable(f"{value!r} is not an amount.") from None


def who(data: dict) -> PersonRef:
    """The customer of any resource that names one, with what a charge or a checkout knows beside it."""
    customer = data.get("customer") if isinstance(data.get("customer"), dict) else {}
    asked = (data.get(name) for name in ("billing_details", "customer_details"))
    beside = next((found for found in asked if isinstance(found, dict)), {})
    country = text(beside, "address.country") or text(data, "customer_address.country") or text(
        customer, "address.country")
    return PersonRef(
        email=text(data, "customer_email") or text(beside, "email") or text(data, "receipt_email")
        or text(customer, "email"),
        name=text(data, "customer_name") or text(beside, "name") or text(customer, "name"),
        phone=text(data, "customer_phone") or text(beside, "phone") or text(customer, "phone"),
        country=country if country and len(country) == 2 else None,
        stripe=id_of(data, "customer"))


def stamped(envelope: Envelope, rank: int):
    """`event.created` counts seconds only: the state's rank decides between two events of the same second."""
    return version([envelope.occurred_at], rank)


def price_ref(price: dict, product=None) -> PlanRef | None:
    """A plan from a price (new) or plan (old) object, or from its bare id."""
    if isinstance(price, str):
        return PlanRef(price, product_id=product)
    if not isinstance(price, dict) or not text(price, "id"):
        return None
    recurring = price.get("recurring") if isinstance(price.get("recurring"), dict) else price
    named = price.get("product") if isinstance(price.get("product"), dict) else {}
    interval = text(recurring, "interval") or ("one_time" if price.get("type") == "one_time" else None)
    return PlanRef(
        text(price, "id"), name=text(price, "nickname"), product_id=id_of(price, "product") or product,
        product_name=text(named, "name"), amount=minor(price, "unit_amount", "unit_amount_decimal", "amount"),
        currency=currency_of(price), interval=interval, interval_count=whole(recurring.get("interval_count")) or 1)


def line_plan(data: dict) -> PlanRef | None:
    """The plan of an invoice's first line that is no proration."""
    lines = rows(data, "lines.data")
    full = [line for line in lines if not first(line, "proration", "parent.subscription_item_details.proration")]
    for line in full or lines:
        price = first(line, "price", "plan", "pricing.price_details.price")
        found = price_ref(price, text(line, "pricing.price_details.product")) if price else None
        if found:
            return found
    return None


def subscription_of(invoice: dict) -> str | None:
    """The subscription an invoice bills: its own field (old), its parent's (new), or its lines'."""
    found = text(invoice, "subscription", "subscription.id", "parent.subscription_details.subscription",
                 "parent.subscription_details.subscription.id")
    if found:
        return found
    return next(filter(None, (text(line, "subscription", "parent.subscription_item_details.subscription")
                              for line in rows(invoice, "lines.data"))), None)


def invoice_of(data: dict) -> str | None:
    """The invoice a charge or intent pays: a field of its own (old), or its order reference (new)."""
    named = id_of(data, "invoice")
    ordered = text(data, "payment_details.order_reference")
    return named or (ordered if ordered and ordered.startswith("in_") else None)


def paid_by(invoice: dict) -> tuple[str, ...]:
    """Intents and charges an invoice names: old fields, the new payments list, a confirmation secret."""
    secret = text(invoice, "confirmation_secret.client_secret") or ""
    listed = [row["payment"] for row in rows(invoice, "payments.data") if isinstance(row.get("payment"), dict)]
    found = [id_of(invoice, "payment_intent"), id_of(invoice, "charge"),
             *(id_of(row, noun) for row in listed for noun in ("payment_intent", "charge")),
             secret.partition("_secret_")[0] if secret.startswith("pi_") else None]
    return tuple(dict.fromkeys(value for value in found if value))



def reference(data: dict) -> str | None:
    """Our own key, where a checkout or its metadata carried it."""
    return text(data, "metadata.ra_ref", "subscription_details.metadata.ra_ref",
                "parent.subscription_details.metadata.ra_ref")
