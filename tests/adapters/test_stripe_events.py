"""Stripe's events, old and new places of its fields, and the facts they become."""
import itertools
import json
from datetime import UTC, datetime

import pytest

from app.adapters.stripe import Stripe
from app.adapters.stripe.kinds import KINDS
from app.connections import Unreadable
from app.spine.facts import MembershipFact, PaymentFact, PersonFact
from tests.wire.stripe_events import AT, PRICE, charge, checkout, event, intent, invoice, resource, subscription

STRIPE = Stripe()
BOTH = pytest.mark.parametrize("old", [True, False], ids=["old places", "new places"])


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def facts(kind, data, **more):
    return STRIPE.facts(STRIPE.read(json.dumps(event(kind, data, **more)), "", at(AT)))


def one(kind, data, **more):
    [fact] = facts(kind, data, **more)
    return fact


@pytest.mark.parametrize("kind", ["customer.created", "customer.updated"])
def test_a_customer_is_a_person(kind):
    fact = one(kind, resource("customer", id="cus_ana", email="ana@example.test", name="Ana Silva", phone="+351 1",
                              address={"country": "PT"}))
    assert type(fact) is PersonFact and fact.at == at(AT)
    assert (fact.who.stripe, fact.who.email, fact.who.country) == ("cus_ana", "ana@example.test", "PT")
    assert facts("customer.deleted", {"id": "cus_ana", "deleted": True}) == []


@BOTH
@pytest.mark.parametrize("kind", ["created", "updated", "resumed", "trial_will_end"])
def test_a_subscription_is_a_whole_state(old, kind):
    fact = one(f"customer.subscription.{kind}", subscription(old, quantity=3))
    assert type(fact) is MembershipFact and (fact.status, fact.amount, fact.quantity) == ("active", 4900, 3)
    assert (fact.external_id, fact.who.stripe, fact.currency) == ("sub_club", "cus_ana", "USD")
    assert (fact.period_start, fact.period_end) == (at(AT), at(AT + 30 * 86400))
    assert (fact.plan.external_id, fact.plan.product_id, fact.plan.amount) == ("price_club", "prod_club", 4900)
    assert (fact.plan.interval, fact.plan.interval_count, fact.plan.name) == ("month", 1, "Club monthly")


@pytest.mark.parametrize("changes, status", [
    ({"status": "incomplete"}, "incomplete"), ({"status": "incomplete_expired"}, "expired"),
    ({"status": "trialing"}, "trialing"), ({"status": "past_due"}, "past_due"), ({"status": "unpaid"}, "unpaid"),
    ({"status": "paused"}, "paused"), ({"pause_collection": {"behavior": "void"}}, "paused"),
    ({"cancel_at_period_end": True}, "canceling"), ({"cancel_at": AT + 99}, "canceling"),
    ({"status": "trialing", "cancel_at_period_end": True}, "trialing"),
    ({"status": "past_due", "cancel_at_period_end": True}, "past_due"), ({"status": "canceled"}, "canceled")])
def test_subscription_status_words(changes, status):
    assert one("customer.subscription.updated", subscription(**changes)).status == status


def test_an_ended_subscription_says_when_and_why():
    fact = one("customer.subscription.deleted", subscription(
        status="canceled", canceled_at=AT - 50, ended_at=AT - 5,
        cancellation_details={"feedback": "too_expensive", "comment": "Budget", "reason": "cancellation_requested"}))
    assert (fact.ended_at, fact.canceled_at, fact.changed_at) == (at(AT - 5), at(AT - 50), at(AT - 5))
    assert fact.cancel_reason == "too_expensive"


@pytest.mark.parametrize("discounts, taken", [
    ([{"id": "di_1", "source": {"coupon": {"percent_off": 12.5, "duration": "forever"}}}], 613),
    ([{"id": "di_1", "coupon": {"amount_off": 1000, "duration": "repeating"}, "end": AT + 99}], 1000),
    ([{"id": "di_1", "coupon": {"amount_off": 1000, "duration": "repeating"}, "end": AT - 1}], 0),
    ([{"id": "di_1", "coupon": {"percent_off": 50, "duration": "once"}}], 0),
    ([{"id": "di_1", "coupon": {"amount_off": 90000, "duration": "forever"}}], 4900), (["di_unexpanded"], None)])
def test_only_lasting_discounts_count(discounts, taken):
    assert one("customer.subscription.updated", subscription(discounts=discounts)).discount == taken


def test_several_items_are_their_sum_and_yen_has_no_cents():
    yen = {**PRICE, "unit_amount": 1000, "currency": "jpy"}
    items = [{"id": f"si_{n}", "quantity": n, "price": yen} for n in (1, 2)]
    fact = one("customer.subscription.updated", subscription(items={"data": items}, currency="jpy"))
    assert (fact.amount, fact.quantity, fact.currency) == (3000, 1, "JPY")
    tiered = {**PRICE, "unit_amount": None, "unit_amount_decimal": None}
    assert one("customer.subscription.updated", subscription(price=tiered)).amount is None
    yen = one("charge.succeeded", charge(currency="jpy", amount=500, amount_captured=500))
    assert (yen.amount, yen.currency) == (500, "JPY")


@BOTH
@pytest.mark.parametrize("kind", ["invoice.paid", "invoice.payment_succeeded"])
def test_a_paid_invoice(old, kind):
    fact = one(kind, invoice(old))
    assert type(fact) is PaymentFact and (fact.external_id, fact.status) == ("in_1", "paid")
    assert (fact.amount, fact.currency, fact.reason) == (4900, "USD", "renewal")
    assert (fact.membership_id, fact.plan.external_id, fact.plan.product_id) == ("sub_club", "price_club", "prod_club")
    assert fact.aliases == (("pi_1", "ch_1") if old else ("pi_1",)) and fact.at == at(AT + 5)
    assert fact.who.email == "ana@example.test" and fact.reference == (None if old else "snd_7") and not fact.test


@BOTH
@pytest.mark.parametrize("kind, status", [("invoice.payment_failed", "failed"), ("invoice.finalized", "pending"),
                                          ("invoice.payment_action_required", "requires_action"),
                                          ("invoice.voided", "canceled"), ("invoice.marked_uncollectible", "failed")])
def test_an_unpaid_invoice(old, kind, status):
    said = {"invoice.voided": "void", "invoice.marked_uncollectible": "uncollectible"}.get(kind, "open")
    tried = {"attempted": False, "attempt_count": 0} if kind == "invoice.finalized" else {}
    fact = one(kind, invoice(old, paid=False, status=said, **tried))
    assert (fact.external_id, fact.status, fact.amount) == ("in_1", status, 4900)
    assert fact.recovery_url == "https://invoice.test/i/1"
    assert fact.next_attempt_at == (at(AT + 3 * 86400) if status in ("failed", "requires_action") else None)


def test_drafts_and_free_invoices_moved_no_money():
    assert facts("invoice.created", invoice(paid=False, status="draft")) == []
    assert facts("invoice.paid", invoice(amount_paid=0, amount_due=0, total=0)) == []


@BOTH
@pytest.mark.parametrize("kind, changes, status", [
    ("charge.succeeded", {}, "paid"), ("charge.updated", {"captured": False}, "pending"),
    ("charge.refunded", {"amount_refunded": 900}, "partially_refunded"),
    ("charge.refunded", {"amount_refunded": 4900, "refunded": True}, "refunded"),
    ("charge.failed", {"status": "failed"}, "failed")])
def test_a_charge(old, kind, changes, status):
    fact = one(kind, charge(old, **changes))
    ids = ("in_1", "pi_1", "ch_1") if old else ("pi_1", "ch_1")
    assert (fact.external_id, *fact.aliases) == ids and (fact.status, fact.amount) == (status, 4900)
    assert (fact.card_brand, fact.card_last4, fact.who.name) == ("visa", "4242", "Jenny Rosen")
    assert fact.refunded == changes.get("amount_refunded", 0)


def test_why_a_charge_failed_is_the_issuers_word():
    failed = charge(status="failed", failure_code="card_declined", failure_message="Your card has insufficient funds.",
                    outcome={"reason": "insufficient_funds", "type": "issuer_declined"})
    fact = one("charge.failed", failed)
    assert (fact.failure_code, fact.failure_message) == ("insufficient_funds", "Your card has insufficient funds.")
    expired = one("charge.failed", charge(status="failed", failure_code="expired_card", failure_message=None))
    assert (expired.failure_code, expired.failure_message) == ("expired_card", "The card has expired.")


@BOTH
def test_a_payment_intent(old):
    paid = one("payment_intent.succeeded", intent(old))
    assert (paid.external_id, *paid.aliases) == (("in_1", "pi_1", "ch_1") if old else ("pi_1", "ch_1"))
    error = {"code": "card_declined", "decline_code": "lost_card", "message": "No."}
    waiting = {"old": old, "status": "requires_payment_method"}
    failed = one("payment_intent.payment_failed", intent(**waiting, last_payment_error=error))
    assert (failed.status, failed.failure_code, failed.failure_message) == ("failed", "lost_card", "No.")
    confirm = {"code": "authentication_required", "message": "Confirm."}
    asked = one("payment_intent.payment_failed", intent(**waiting, last_payment_error=confirm))
    assert asked.status == "requires_action"
    canceled = facts("payment_intent.canceled", intent(old, status="canceled"))
    assert [fact.status for fact in canceled] == ([] if old else ["canceled"])
    assert facts("payment_intent.created", intent(old, status="requires_payment_method")) == []


def test_new_versions_link_an_intent_to_its_invoice():
    paid = {"type": "payment_intent", "payment_intent": "pi_1"}
    link = one("invoice_payment.paid", resource("invoice_payment", id="inpay_1", invoice="in_1", payment=paid,
                                                status="paid", amount_paid=4900, currency="usd"))
    assert (link.external_id, link.aliases, link.amount) == ("in_1", ("pi_1",), 4900)
    ordered = one("payment_intent.succeeded", intent(payment_details={"order_reference": "in_1"}))
    assert (ordered.external_id, ordered.aliases) == ("in_1", ("pi_1", "ch_1"))
    secret = one("invoice.finalized", invoice(paid=False, payments=None, attempted=False, attempt_count=0,
                                              confirmation_secret={"client_secret": "pi_7_secret_x"}))
    assert secret.aliases == ("pi_7",)


@pytest.mark.parametrize("kind, said, amount", [
    ("refund.created", "pending", 900), ("refund.updated", "succeeded", 900), ("refund.failed", "failed", 0),
    ("charge.refund.updated", "canceled", 0)])
def test_a_refund(kind, said, amount):
    fact = one(kind, resource("refund", id="re_1", charge="ch_1", payment_intent="pi_1", amount=900, status=said))
    assert (fact.external_id, fact.aliases, fact.refund_id, fact.refund_amount) == ("pi_1", ("ch_1",), "re_1", amount)


@pytest.mark.parametrize("kind, said, standing", [
    ("created", "needs_response", "open"), ("updated", "under_review", "open"), ("closed", "won", "won"),
    ("closed", "lost", "lost"), ("closed", "warning_closed", "won"), ("created", "warning_needs_response", "open")])
def test_a_dispute(kind, said, standing):
    data = resource("dispute", id="dp_1", charge="ch_1", payment_intent="pi_1", status=said)
    fact = one(f"charge.dispute.{kind}", data)
    assert (fact.dispute_id, fact.dispute_status, fact.dispute_amount) == ("dp_1", standing, 1000)
    assert fact.status == ("paid" if standing == "won" else "disputed")


def test_checkouts():
    person, paid = facts("checkout.session.completed", checkout())
    assert (person.who.email, person.who.name, person.who.country) == ("ana@example.test", "Ana Silva", "PT")
    assert (paid.external_id, paid.amount, paid.currency, paid.reference) == ("pi_1", 9900, "EUR", "snd_9")
    _, first = facts("checkout.session.completed", checkout(
        mode="subscription", invoice="in_1", payment_intent=None, subscription="sub_club", metadata={},
        client_reference_id="r"))
    assert (first.external_id, first.membership_id) == ("in_1", "sub_club")
    assert (first.reason, first.reference) == ("initial", "r")
    assert len(facts("checkout.session.completed", checkout(payment_status="no_payment_required"))) == 1
    assert facts("checkout.session.expired", checkout(status="expired")) == []


def joined(found):
    """Payments as whoever absorbs must see them: one per set of ids that touch."""
    groups = []
    for fact in found:
        ids = {fact.external_id, *fact.aliases}
        touching = [group for group in groups if group & ids]
        groups = [group for group in groups if not group & ids] + [ids.union(*touching)]
    return groups


@BOTH
def test_one_payment_whatever_the_order_of_its_events(old):
    told = [("invoice.paid", invoice(old)), ("charge.succeeded", charge(old)),
            ("payment_intent.succeeded", intent(old)),
            ("invoice.finalized", invoice(old, paid=False, attempted=False, attempt_count=0))]
    found = [one(kind, data, created=AT) for kind, data in told]
    for order in itertools.permutations(found):
        assert joined(order) == [{"in_1", "pi_1", "ch_1"}]
        assert max(order, key=lambda fact: fact.version).status == "paid"


def test_within_a_second_the_later_stage_of_life_wins():
    stages = [("invoice.finalized", invoice(paid=False, attempted=False, attempt_count=0)),
              ("invoice.payment_failed", invoice(paid=False)), ("invoice.payment_action_required", invoice(paid=False)),
              ("invoice.paid", invoice()), ("charge.refunded", charge(amount_refunded=4900, refunded=True))]
    versions = [one(kind, data).version for kind, data in stages]
    assert versions == sorted(versions) and len(set(versions)) == len(versions)
    lives = [one("customer.subscription.updated", subscription(status=status)).version
             for status in ("incomplete", "trialing", "active", "past_due", "canceled")]
    assert lives == sorted(lives) and len(set(lives)) == len(lives)
    assert one("invoice.payment_failed", invoice(paid=False), created=AT + 1).version > max(versions)


def test_test_mode_is_told_and_unknown_kinds_are_not_used():
    trial = event("charge.succeeded", charge(livemode=False))
    for body, marked in ((trial, False), ({**trial, "account": "acct_1"}, True)):
        assert [fact.test for fact in STRIPE.facts(STRIPE.read(json.dumps(body)))] == [marked]
    assert facts("payout.paid", {"id": "po_1"}) == [] and facts("comet.landed", {"id": "x"}) == []
    assert all(words and words[0].isupper() for words in KINDS.values())


@pytest.mark.parametrize("body", [{}, {"id": "evt_1"}, {"id": "evt_1", "type": "x", "data": {}}, {"type": "x"},
                                  {"id": "evt_1", "type": 3, "data": {"object": {}}}])
def test_what_is_no_event_is_refused(body):
    with pytest.raises(Unreadable):
        STRIPE.read(json.dumps(body))


def test_hostile_values_in_any_field_never_break_the_reading():
    made = [("customer.updated", resource("customer")), ("customer.subscription.updated", subscription()),
            ("invoice.paid", invoice()), ("invoice.payment_failed", invoice(True, paid=False)),
            ("charge.failed", charge()), ("payment_intent.succeeded", intent()), ("refund.created", resource("refund")),
            ("charge.dispute.created", resource("dispute")), ("checkout.session.completed", checkout())]
    for kind, data in made:
        for field in data:
            for value in (None, 7, -1, "", "x", True, [], [1], [{}], {}, {"id": {}}, {"data": [{}]}, 1e300, "9" * 40):
                try:
                    facts(kind, {**data, field: value})
                except Unreadable:
                    continue
