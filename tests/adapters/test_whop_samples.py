"""Every kind of webhook Whop sends, and the facts it must become."""
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.whop import Whop
from app.spine.facts import ActivityFact, MembershipFact, PaymentFact, PersonFact

SAMPLES = json.loads((Path(__file__).parents[1] / "wire" / "whop-samples.json").read_text())
MIRA = {"whop_user": "user_MiraOkafor1"}
MEMBERSHIP = {"external_id": "mem_7Kd2PqHarbor", "amount": 4900, "currency": "USD", "plan.external_id":
              "plan_Monthly49aa", "plan.interval": "month", "plan.interval_count": 1, "plan.product_name":
              "Coaching Pro", "quantity": 1, "discount": 0, "started_at": "2026-11-02T08:15:00",
              "period_end": "2026-12-02T08:15:00", "who.whop_member": "mber_4TzMira00001"}
PAYMENT = {"amount": 4900, "currency": "USD", "membership_id": "mem_7Kd2PqHarbor", "reason": "renewal",
           "who.email": "mira@example.test", "plan.external_id": "plan_Monthly49aa", "card_last4": "4242",
           "card_brand": "visa", "who.whop_member": "mber_4TzMira00001", "reference": "pb_nurture_01"}
LEAD = {"lead": True, "lead_source": "waitlist", "who.email": "mira@example.test"}
FAILED = {**PAYMENT, "status": "failed", "external_id": "pay_9VxHarbor002", "failure_code": "insufficient_funds",
          "failure_message": "Your card has insufficient funds.", "attempts": 1,
          "next_attempt_at": "2026-12-04T08:15:00", "at": "2026-12-02T08:15:02"}
BACK = {"external_id": "pay_9VxHarbor001", "amount": 4900, "currency": "USD", "membership_id": "mem_7Kd2PqHarbor",
        "who.email": "mira@example.test"}

FACTS = {
    "member.created": (PersonFact, {"who.email": "mira@example.test", "who.name": "Mira Okafor",
                                    "who.username": "mirao", "who.whop_member": "mber_4TzMira00001", "left": False,
                                    "joined_at": "2026-11-02T08:15:00", "last_active_at": "2026-11-20T19:02:11"}),
    "member.updated": (PersonFact, {"left": False, "who.whop_member": "mber_4TzMira00001",
                                    "at": "2026-11-22T16:00:03"}),
    "membership.activated": (MembershipFact, {**MEMBERSHIP, "status": "active", "trial_end": None, "ended_at": None}),
    "membership.activated#trial": (MembershipFact, {
        **MEMBERSHIP, "external_id": "mem_Trial0000001", "status": "trialing", "trial_end": "2026-11-09T08:15:00",
        "period_end": "2026-11-09T08:15:00"}),
    "membership.updated": (MembershipFact, {**MEMBERSHIP, "status": "past_due", "changed_at": "2026-12-02T08:15:03"}),
    "membership.cancel_at_period_end_changed": (MembershipFact, {
        **MEMBERSHIP, "status": "canceling", "cancel_reason": "too_expensive", "canceled_at": "2026-11-22T16:00:00",
        "changed_at": "2026-11-22T16:00:00", "ended_at": None}),
    "membership.trial_ending_soon": (MembershipFact, {"external_id": "mem_Trial0000001", "status": "trialing"}),
    "membership.deactivated": (MembershipFact, {
        **MEMBERSHIP, "amount": None, "status": "canceled", "ended_at": "2026-12-02T08:15:00",
        "canceled_at": "2026-11-22T16:00:00", "cancel_reason": "too_expensive"}),
    "payment.created": (PaymentFact, {**PAYMENT, "external_id": "pay_9VxHarbor001", "status": "pending",
                                      "reason": "initial", "failure_code": None}),
    "payment.succeeded": (PaymentFact, {**PAYMENT, "external_id": "pay_9VxHarbor001", "status": "paid",
                                        "at": "2026-12-02T08:15:03", "attempts": 1}),
    "payment.succeeded#recovered_after_failure": (PaymentFact, {
        **PAYMENT, "external_id": "pay_9VxHarbor002", "status": "paid", "at": "2026-12-04T08:15:03", "attempts": 2}),
    "payment.succeeded#one_time_eur": (PaymentFact, {
        **PAYMENT, "external_id": "pay_EurOneTime01", "status": "paid", "amount": 9900, "currency": "EUR",
        "reason": "one_time", "membership_id": None}),
    "payment.failed": (PaymentFact, FAILED),
    "payment.failed#no_more_auto_retries": (PaymentFact, {
        **FAILED, "external_id": "pay_9VxHarbor003", "failure_code": "expired_card", "attempts": 4,
        "failure_message": "Your card has expired.", "next_attempt_at": None}),
    "payment.requires_action": (PaymentFact, {
        **PAYMENT, "external_id": "pay_9VxHarbor004", "status": "requires_action",
        "recovery_url": "https://whop.com/verify/pay_9VxHarbor004", "failure_code": "authentication_required"}),
    "payment.pending": (PaymentFact, {"external_id": "pay_AchPending01", "status": "pending", "amount": 4900,
                                      "card_last4": None}),
    "payment.canceled": (PaymentFact, {"external_id": "pay_Voided00001", "status": "canceled"}),
    "refund.created": (PaymentFact, {**BACK, "status": "refunded", "refund_id": "rf_Harbor0000001",
                                     "refund_amount": 4900, "at": "2026-12-05T10:00:00"}),
    "refund.updated": (PaymentFact, {**BACK, "status": "refunded", "refund_id": "rf_Harbor0000001",
                                     "refund_amount": 4900}),
    "dispute.created": (PaymentFact, {**BACK, "status": "disputed", "dispute_id": "dspt_Harbor00001",
                                      "dispute_status": "open", "dispute_amount": 4900, "who.whop_member": None,
                                      "at": "2026-12-09T09:30:00"}),
    "dispute.updated": (PaymentFact, {**BACK, "status": "paid", "dispute_status": "won"}),
    "dispute_alert.created": None,
    "resolution_center_case.created": (ActivityFact, {"kind": "custom", "external_id": "reso_Harbor00001",
                                                      "content_id": "case_opened", "who.email": "mira@example.test"}),
    "setup_intent.succeeded": (ActivityFact, {"kind": "custom", "content_id": "card_saved",
                                              "external_id": "sint_Harbor00001"}),
    "setup_intent.requires_action": None, "setup_intent.canceled": None, "invoice.created": None,
    "invoice.paid": (PaymentFact, {"external_id": "pay_InvPaid00001", "aliases": ("inv_Harbor000001",),
                                   "amount": 120000, "status": "paid", "reason": "manual", "currency": "USD",
                                   "at": "2026-11-20T10:00:00"}),
    "invoice.past_due": None, "invoice.voided": None, "invoice.marked_uncollectible": None,
    "entry.created": (PersonFact, {**LEAD, "custom": {"waitlist": "pending", "waitlist_product": "Coaching Pro"}}),
    "entry.approved": (PersonFact, {**LEAD, "custom": {"waitlist": "approved", "waitlist_product": "Coaching Pro"}}),
    "entry.denied": (PersonFact, {**LEAD, "custom": {"waitlist": "denied", "waitlist_product": "Coaching Pro"}}),
    "course_lesson_interaction.completed": (ActivityFact, {
        "kind": "lesson", "external_id": "crsli_Harbor0001", "content_id": "lesn_Week3Long",
        "title": "Week 3: the long run", "at": "2026-11-15T18:20:00"}),
    "chat.message.created": (ActivityFact, {"kind": "message", "external_id": "post_Msg0000001",
                                            "content_id": "feed_ChatRoom0001", "at": "2026-11-16T07:05:00"}),
    "chat.reaction.created": (ActivityFact, {"kind": "reaction", "external_id": "reac_Harbor0001",
                                             "content_id": "post_Msg0000001", "at": "2026-11-16T07:06:00"}),
    "legacy:membership.activated": (MembershipFact, {
        **MEMBERSHIP, "status": "active", "who.email": "mira@example.test",
        "manage_url": "https://whop.com/billing/manage/mem_7Kd2PqHarbor"}),
    "legacy:membership.deactivated": (MembershipFact, {**MEMBERSHIP, "status": "canceled",
                                                       "ended_at": "2026-12-02T08:15:00"}),
    "legacy:payment.failed": (PaymentFact, {**FAILED, "reference": None}),
    "legacy:payment.succeeded": (PaymentFact, {**PAYMENT, "external_id": "pay_9VxHarbor001", "status": "paid",
                                               "reference": None, "attempts": 1}),
}


def found(fact, place):
    for step in place.split("."):
        fact = getattr(fact, step)
    return fact.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(fact, datetime) else fact


def test_every_sample_has_its_expectation():
    assert set(FACTS) == set(SAMPLES) and len(SAMPLES) == 41


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_becomes_its_fact(name):
    whop = Whop()
    envelope = whop.read(json.dumps(SAMPLES[name]).encode())
    assert envelope.kind == name.removeprefix("legacy:").partition("#")[0] and envelope.kind in whop.kinds
    assert envelope.external_id == SAMPLES[name]["id"] and envelope.account_ref == "biz_HarborRun01"
    facts = whop.facts(envelope)
    if FACTS[name] is None:
        assert facts == []
        return
    kind, fields = FACTS[name]
    [fact] = facts
    assert type(fact) is kind
    assert {place: found(fact, place) for place in {**fields, **{f"who.{k}": v for k, v in MIRA.items()}}} == {
        **fields, "who.whop_user": "user_MiraOkafor1"}


@pytest.mark.parametrize("earlier, later", [
    ("payment.created", "payment.succeeded"), ("payment.failed", "payment.succeeded#recovered_after_failure"),
    ("membership.activated", "membership.cancel_at_period_end_changed"),
    ("membership.cancel_at_period_end_changed", "membership.deactivated"),
    ("legacy:membership.activated", "legacy:membership.deactivated"), ("refund.created", "refund.updated"),
    ("payment.succeeded", "refund.created"), ("dispute.created", "dispute.updated")])
def test_versions_put_states_in_the_order_of_life(earlier, later):
    whop = Whop()
    first, second = (whop.facts(whop.read(json.dumps(SAMPLES[name])))[0] for name in (earlier, later))
    assert first.version < second.version


def test_the_event_time_is_aware_utc():
    envelope = Whop().read(json.dumps(SAMPLES["payment.failed"]))
    assert envelope.occurred_at == datetime(2026, 12, 2, 8, 15, 4, tzinfo=UTC)
