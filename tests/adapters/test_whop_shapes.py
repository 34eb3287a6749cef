"""Older names, older shapes and odd values from Whop."""
import json
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.whop import Whop
from app.adapters.whop.kinds import KINDS, canonical
from app.connections import Unreadable

from .test_whop_samples import SAMPLES

WHOP = Whop()


def sample(name, changes=None, **top):
    """A sample with other data; a None value takes the key away."""
    data = {**SAMPLES[name]["data"], **(changes or {})}
    return {**SAMPLES[name], "data": {k: v for k, v in data.items() if v != "absent"}, **top}


def facts(body):
    return WHOP.facts(WHOP.read(json.dumps(body), "", datetime(2026, 12, 20, tzinfo=UTC)))


@pytest.mark.parametrize("older, newer", [
    ("membership.went_valid", "membership.activated"), ("membership_went_valid", "membership.activated"),
    ("app_membership.went_valid", "membership.activated"), ("membership.went_invalid", "membership.deactivated"),
    ("membership.created", "membership.activated"), ("membership.canceled", "membership.updated"),
    ("membership.metadata_updated", "membership.updated"), ("membership_experience_claimed", "membership.updated"),
    ("payment_failed", "payment.failed"), ("app_payment.succeeded", "payment.succeeded"),
    ("app_payment_pending", "payment.pending"), ("payment_requires_action", "payment.requires_action"),
    ("membership_cancel_at_period_end_changed", "membership.cancel_at_period_end_changed"),
    ("chat_message_created", "chat.message.created"), ("setup_intent_succeeded", "setup_intent.succeeded"),
    ("course_lesson_interaction_completed", "course_lesson_interaction.completed")])
def test_older_names_mean_the_same(older, newer):
    assert canonical(older) == newer and newer in KINDS


def test_a_new_name_stays_as_it_is_and_yields_nothing():
    assert canonical("comet.landed") == "comet.landed"
    assert facts(sample("payment.failed", type="comet.landed")) == []


def test_the_generation_before_types_is_read():
    """action instead of type, epoch seconds, bare ids, no envelope id."""
    body = {"action": "membership_went_valid", "api_version": "v5", "data": {
        "id": "mem_Old", "user": "user_Old", "user_id": "user_Old", "product": "prod_Old", "plan": "plan_Old",
        "status": "active", "valid": True, "created_at": 1793606400, "renewal_period_start": 1793606400,
        "renewal_period_end": 1796198400, "cancel_at_period_end": False, "email": "old@example.test"}}
    raw = json.dumps(body).encode()
    envelope = WHOP.read(raw, "", datetime(2026, 11, 3, tzinfo=UTC))
    assert envelope.kind == "membership.activated" and envelope.external_id.startswith("sha256:")
    assert WHOP.read(raw).external_id == envelope.external_id and envelope.account_ref is None
    [fact] = WHOP.facts(envelope)
    assert (fact.who.whop_user, fact.who.email) == ("user_Old", "old@example.test")
    assert fact.started_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert fact.period_end - fact.period_start == timedelta(30)
    assert (fact.plan.external_id, fact.plan.product_id, fact.plan.interval) == ("plan_Old", "prod_Old", "month")


@pytest.mark.parametrize("days, interval", [
    (1, ("day", 1)), (7, ("week", 1)), (14, ("day", 14)), (28, ("month", 1)), (30, ("month", 1)), (31, ("month", 1)),
    (90, ("month", 3)), (182, ("month", 6)), (365, ("year", 1)), (366, ("year", 1)), (45, ("day", 45))])
def test_billing_days_become_an_interval(days, interval):
    [fact] = facts(sample("membership.activated", {"billing_period_days": days}))
    assert (fact.plan.interval, fact.plan.interval_count) == interval


@pytest.mark.parametrize("changes, status", [
    ({"status": "active", "most_recent_action": "paused_at"}, "paused"),
    ({"status": "active", "payment_collection_paused": True}, "paused"),
    ({"status": "active", "cancel_at_period_end": True}, "canceling"), ({"status": "canceling"}, "canceling"),
    ({"status": "trialing", "cancel_at_period_end": True}, "trialing"),
    ({"status": "past_due", "cancel_at_period_end": True}, "past_due"),
    ({"status": "unresolved"}, "unpaid"), ({"status": "drafted"}, "incomplete"), ({"status": "expired"}, "expired"),
    ({"status": "someday"}, "someday"), ({"status": "canceled", "most_recent_action": "paused_at"}, "canceled")])
def test_membership_status_comes_from_the_object(changes, status):
    assert [fact.status for fact in facts(sample("membership.deactivated", changes))] == [status]


def test_a_one_time_purchase_never_renews():
    [fact] = facts(sample("membership.activated", {
        "status": "completed", "billing_period_days": None, "renewal_price": None, "current_period_end": None,
        "initial_price": {"amount": "199.00", "currency": "eur"}}))
    assert (fact.status, fact.plan.interval, fact.plan.amount, fact.amount) == ("completed", "one_time", 19900, None)
    assert fact.currency == "EUR"


def test_a_promo_price_is_not_the_plans_price():
    [fact] = facts(sample("membership.activated", {"promo_code_id": "promo_1", "renewal_price": {
        "amount": "24.50", "currency": "usd"}}))
    assert fact.amount == 2450 and fact.plan.amount is None


@pytest.mark.parametrize("total, currency, minor", [
    ({"amount": "5000", "currency": "jpy", "decimals": 0}, "jpy", 5000), (5000, "jpy", 5000), (49.99, "usd", 4999),
    ("19.99", "usd", 1999),
    ({"amount": "1.005", "currency": "kwd"}, "kwd", 1005), (0.29, "usd", 29), (1.1, "usd", 110)])
def test_money_is_major_units_in_any_spelling(total, currency, minor):
    [fact] = facts(sample("payment.succeeded", {"total": total, "currency": currency}))
    assert (fact.amount, fact.currency) == (minor, currency.upper())


@pytest.mark.parametrize("changes, status, refunded", [
    ({"refunded_amount": {"amount": "10.00", "currency": "usd"}}, "partially_refunded", 1000),
    ({"refunded_amount": {"amount": "49.00", "currency": "usd"}}, "refunded", 4900),
    ({"auto_refunded": True}, "refunded", None),
    ({"substatus": "dispute_needs_response"}, "disputed", None), ({"substatus": "dispute_won"}, "paid", None)])
def test_money_that_went_back_shows_in_the_payment(changes, status, refunded):
    [fact] = facts(sample("payment.succeeded", changes))
    assert (fact.status, fact.refunded) == (status, refunded)


@pytest.mark.parametrize("refund, expected", [
    ({"amount": {"amount": "10.00", "currency": "usd"}, "payment": "absent", "payment_id": "pay_flat",
      "status": "succeeded"},
     ("pay_flat", "partially_refunded", 1000)),
    ({"status": "failed"}, ("pay_9VxHarbor001", "paid", 0)),
    ({"amount": 20, "status": "succeeded"}, ("pay_9VxHarbor001", "partially_refunded", 2000))])
def test_refunds_of_both_shapes_and_of_every_fate(refund, expected):
    [fact] = facts(sample("refund.updated", refund))
    assert (fact.external_id, fact.status, fact.refund_amount) == expected


def test_a_dispute_lost_stays_a_loss_and_an_inquiry_is_open():
    for said, standing in (("lost", "lost"), ("warning_needs_response", "open"), ("warning_closed", "won")):
        [fact] = facts(sample("dispute.updated", {"status": said}))
        assert fact.dispute_status == standing and fact.status == ("paid" if standing == "won" else "disputed")


def test_who_is_skipped_and_who_is_missed():
    assert facts(sample("member.created", {"user": None, "email": None})) == []
    [business] = facts(sample("member.created", {"user": None}))
    assert business.who.email == "mira@example.test" and business.who.whop_user is None
    with pytest.raises(Unreadable, match="who it is about"):
        facts(sample("payment.succeeded", {"user": None, "member_id": None, "customer_email": None}))


def test_entries_in_the_rest_shape_and_deleted_ones():
    flat = {"user": "absent", "plan": "absent", "user_id": "user_R", "plan_id": "plan_R"}
    [fact] = facts(sample("entry.created", flat))
    assert fact.who.whop_user == "user_R" and fact.lead
    assert facts({**sample("entry.created"), "type": "entry.deleted"}) == []


def test_an_invoice_paid_outside_whop_is_a_payment_of_its_own():
    [fact] = facts(sample("invoice.paid", {"payment": None}))
    assert (fact.external_id, fact.aliases, fact.amount) == ("inv_Harbor000001", (), 120000)


def test_system_messages_and_unfinished_lessons_are_nobodys_doing():
    said = {**SAMPLES["chat.message.created"]["data"]["message"], "message_type": "system"}
    assert facts(sample("chat.message.created", {"message": said})) == []
    assert facts(sample("course_lesson_interaction.completed", {"completed": False})) == []


@pytest.mark.parametrize("name, changes, words", [
    ("payment.succeeded", {"total": {"amount": "many", "currency": "usd"}}, "not an amount"),
    ("payment.succeeded", {"currency": "zzz", "total": {"amount": "1", "currency": "zzz"}}, "currency"),
    ("payment.succeeded", {"id": None}, "has no id"), ("refund.created", {"payment": None}, "which payment")])
def test_what_cannot_be_read_says_why(name, changes, words):
    with pytest.raises(Unreadable, match=words):
        facts(sample(name, changes))


@pytest.mark.parametrize("body", [
    {"type": "payment.failed"}, {"type": 7, "data": {}}, {"data": {}}, {"type": "", "data": {}},
    {"type": "payment.failed", "data": []}, {"type": "x" * 200, "data": {}}])
def test_an_envelope_must_say_what_it_is(body):
    with pytest.raises(Unreadable):
        WHOP.read(json.dumps(body))


def test_hostile_values_in_any_field_never_break_the_reading():
    """Whatever a field holds, the answer is facts or Unreadable, never another error."""
    for name in SAMPLES:
        for field in SAMPLES[name]["data"]:
            for value in (None, 7, -1, "", "x", True, [], [1], {}, {"id": {}}, 1e300, "9" * 40):
                try:
                    facts(sample(name, {field: value}))
                except Unreadable:
                    continue
