"""Stripe's lists, page by page, read as the events about the same objects would be.

Objects carry no time of change, so what stands now counts as of the moment we asked, and absorbers are told that it is
only a look. What is dated (a charge, a payment that went through) keeps its own date, so that an event and a list about
the same thing are one.
"""
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.connections import Envelope
from app.kit.clock import now
from app.spine.facts import MembershipFact, PaymentFact, PersonFact, PlanFact, ProductFact
from app.spine.sources import Item, Page, Step

from ..reading import first, moment, rows, text, whole
from .client import wire
from .fields import MONEY_RANK
from .translate import translate

PAGE = 100
LATE_MONEY = timedelta(days=33)          # an invoice is retried for weeks
STEPS = (Step("products", "Products", "Products: read", ProductFact),
         Step("prices", "Prices", "Prices: read", PlanFact),
         Step("customers", "Customers", "Customers: read", PersonFact),
         Step("subscriptions", "Subscriptions", "Subscriptions: read", MembershipFact),
         Step("invoices", "Invoices", "Invoices: read", PaymentFact, windowed=True),
         Step("charges", "Charges", "Charges and refunds: read", PaymentFact, windowed=True),
         Step("intents", "Payments under way", "PaymentIntents: read"),
         Step("refunds", "Refunds", "Charges and refunds: read"),
         Step("disputes", "Disputes", "Disputes: read"))
UNDER_WAY = ("requires_action", "processing", "canceled")


@dataclass(frozen=True)
class List:
    """One of Stripe's lists: its address, the event its objects are read as, and how to ask."""
    path: str
    kind: str
    ask: tuple = ()
    dated: bool = False              # asked from a day on in a sweep


LISTS = {
    "products": List("/products", "product.updated"),
    "prices": List("/prices", "price.updated"),
    "customers": List("/customers", "customer.updated"),
    "subscriptions": List("/subscriptions", "customer.subscription.updated",
                          (("status", "all"), ("expand[0]", "data.discounts"),
                           ("expand[1]", "data.discounts.source.coupon"))),
    "invoices": List("/invoices", "invoice.updated", (("expand[0]", "data.payments"),), dated=True),
    "charges": List("/charges", "charge.updated", dated=True),
    "intents": List("/payment_intents", "payment_intent.updated", dated=True),
    "refunds": List("/refunds", "refund.updated", dated=True),
    "disputes": List("/disputes", "charge.dispute.updated"),
}


def page(held, step: str, cursor: dict | None, since: datetime | None) -> Page:
    """One call; see app/connections/sync/source.py."""
    wanted, seen, after = LISTS[step], now(), (cursor or {}).get("after")
    start = int((since - LATE_MONEY).timestamp()) if since and wanted.dated else None
    answer = wire(held).ask("GET", wanted.path, query=[
        ("limit", PAGE), ("starting_after", after), ("created[gte]", start), *wanted.ask])
    found = rows(answer, "data")
    last = text(found[-1], "id") if found else None
    more = answer.get("has_more") is True and last and last != after
    return Page([item(step, wanted, row, seen) for row in found], {"after": last} if more else None)


def item(step: str, wanted: List, row: dict, seen: datetime) -> Item:
    """An object as facts, or why not; one strange object stops no page."""
    try:
        facts = translate(Envelope(text(row, "id") or "", wanted.kind, moment_of(step, row, seen), row))
        return Item([fact for one in facts if (fact := as_looked(step, row, one, seen))])
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        words = str(error) if type(error).__module__.startswith("app.") else f"it has an unknown shape ({error})"
        return Item([], f"{text(row, 'id') or 'An object without an id'}: {words}")


def moment_of(step: str, row: dict, seen: datetime) -> datetime:
    """When the state an object is in came about, where it says so; else now."""
    places = {"charges": ("created",), "intents": ("canceled_at", "created"),
              "invoices": ("status_transitions.paid_at", "status_transitions.voided_at",
                           "status_transitions.marked_uncollectible_at", "status_transitions.finalized_at", "created"),
              }.get(step, ())
    return moment(first(row, *places)) or seen


def as_looked(step: str, row: dict, fact, seen: datetime):
    """The fact as a look at the present, and not more certain than a list can be."""
    if isinstance(fact, MembershipFact):
        return replace(fact, look=True)
    if not isinstance(fact, PaymentFact):
        return fact
    if step == "intents" and text(row, "status") not in UNDER_WAY:
        return None                  # its charges and its invoice tell the rest, with better dates
    if step == "invoices" and fact.status == "failed" and text(row, "status") == "open":
        fact = waiting(row, fact, seen)
    return replace(fact, look=True)


def waiting(row: dict, fact: PaymentFact, seen: datetime) -> PaymentFact:
    """An open invoice that was tried: which try failed and when stands on its charges; here is when the next one comes.
    """
    version = seen.replace(microsecond=seen.microsecond // 1000 * 1000) + timedelta(microseconds=MONEY_RANK["pending"])
    return replace(fact, status="pending", version=version, attempts=whole(row.get("attempt_count")))
