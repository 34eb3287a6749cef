"""Stripe events made from Stripe's own published resources, in the shape of new and of old API versions."""
import copy
import json
from pathlib import Path

RESOURCES = json.loads((Path(__file__).parent / "stripe-resources.json").read_text())
AT = 1_796_000_000
PRICE = {"id": "price_club", "object": "price", "nickname": "Club monthly", "currency": "usd", "unit_amount": 4900,
         "product": "prod_club", "type": "recurring", "recurring": {"interval": "month", "interval_count": 1}}


def resource(noun, **changes):
    """One of Stripe's sample resources with other values."""
    return {**copy.deepcopy(RESOURCES[noun]), "livemode": True, **changes}


def event(kind, data, created=AT, previous=None, id=None):
    """The envelope a webhook carries."""
    inner = {"object": data, **({"previous_attributes": previous} if previous else {})}
    return {**copy.deepcopy(RESOURCES["event"]), "id": id or f"evt_{kind.replace('.', '_')}_{created}", "type": kind,
            "created": created, "livemode": data.get("livemode", True), "data": inner}


def subscription(old=False, price=PRICE, quantity=1, **changes):
    """Period dates on the item (new) or on the subscription (old)."""
    period = {"current_period_start": AT, "current_period_end": AT + 30 * 86400}
    item = {"id": "si_1", "quantity": quantity, "price": price, **({} if old else period)}
    base = {"id": "sub_club", "customer": "cus_ana", "status": "active", "pause_collection": None, "cancel_at": None,
            "cancel_at_period_end": False, "canceled_at": None, "ended_at": None, "start_date": AT, "trial_end": None,
            "items": {"object": "list", "data": [item]}, **(period if old else {})}
    return resource("subscription", **{**base, **changes})


LINE = {"id": "il_1", "object": "line_item", "amount": 4900, "currency": "usd"}
OLD_LINKS = {
    "subscription": "sub_club", "payment_intent": "pi_1", "charge": "ch_1", "parent": None,
    "lines": {"data": [{**LINE, "price": PRICE, "proration": False, "subscription": "sub_club"}]}}
NEW_LINKS = {
    "parent": {"type": "subscription_details", "quote_details": None,
               "subscription_details": {"subscription": "sub_club", "metadata": {"ra_ref": "snd_7"}}},
    "payments": {"data": [{"payment": {"type": "payment_intent", "payment_intent": "pi_1"}}]},
    "lines": {"data": [{
        **LINE, "pricing": {"type": "price_details", "price_details": {"price": "price_club", "product": "prod_club"}},
        "parent": {"type": "subscription_item_details",
                   "subscription_item_details": {"subscription": "sub_club", "proration": False}}}]}}
PAID = {"status": "paid", "amount_paid": 4900, "attempted": True, "attempt_count": 1, "next_payment_attempt": None,
        "status_transitions": {"paid_at": AT + 5, "finalized_at": AT}}
OPEN = {"status": "open", "amount_paid": 0, "attempted": True, "attempt_count": 1,
        "next_payment_attempt": AT + 3 * 86400, "hosted_invoice_url": "https://invoice.test/i/1"}


def invoice(old=False, paid=True, **changes):
    """Links to subscription and intent in their old places, or in `parent` and `payments`."""
    return resource("invoice", **{
        "id": "in_1", "customer": "cus_ana", "customer_email": "ana@example.test", "amount_due": 4900, "total": 4900,
        "billing_reason": "subscription_cycle", **copy.deepcopy(OLD_LINKS if old else NEW_LINKS),
        **(PAID if paid else OPEN), **changes})


def charge(old=False, **changes):
    """A charge that went through; only old versions say which invoice it paid."""
    base = {"id": "ch_1", "customer": "cus_ana", "payment_intent": "pi_1", "amount": 4900, "amount_captured": 4900,
            "captured": True, "amount_refunded": 0, "refunded": False, "status": "succeeded"}
    return resource("charge", **{**base, **({"invoice": "in_1"} if old else {}), **changes})


def intent(old=False, **changes):
    base = {"id": "pi_1", "customer": "cus_ana", "amount": 4900, "amount_received": 4900, "status": "succeeded",
            "latest_charge": "ch_1", "last_payment_error": None, "canceled_at": None}
    return resource("payment_intent", **{**base, **({"invoice": "in_1"} if old else {}), **changes})


def checkout(**changes):
    base = {"id": "cs_1", "customer": "cus_ana", "mode": "payment", "payment_intent": "pi_1", "invoice": None,
            "subscription": None, "payment_status": "paid", "status": "complete", "amount_total": 9900,
            "currency": "eur", "client_reference_id": None, "metadata": {"ra_ref": "snd_9"}, "customer_details": {
                "email": "ana@example.test", "name": "Ana Silva", "phone": None, "address": {"country": "PT"}}}
    return resource("checkout.session", **{**base, **changes})
