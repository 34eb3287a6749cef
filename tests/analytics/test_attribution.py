"""Which message a payment is credited to: metrics.md section 11, in any order, through the tables."""
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.analytics import Conversion, Touch
from app.analytics.attribution import Reach, credit
from app.messaging import Message, MessageEvent
from app.people import meet
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.facts import MembershipFact, PaymentFact, PersonRef, PlanRef, absorb

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
ANA = PersonRef(email="ana@harbor.test", name="Ana Lima")


def reach(number, kind, at, key=None):
    return Reach(number, kind, at, at, key or f"m{number}")


CLICK_A, SENT_B = reach(1, "clicked", MONDAY), reach(2, "delivered", MONDAY + 2 * DAY)


@pytest.mark.parametrize("after, word, touch", [
    (6 * DAY, "attributed", CLICK_A), (WEEK, "attributed", CLICK_A),
    (WEEK + timedelta(seconds=1), "influenced", SENT_B),
    (WEEK + 3 * DAY, "none", None), (timedelta(0), "attributed", CLICK_A), (-timedelta(seconds=1), "none", None)])
def test_the_worked_example(after, word, touch):
    assert credit([CLICK_A, SENT_B], MONDAY + after, WEEK) == (word, touch)


def test_the_latest_click_wins_and_ties_go_to_the_larger_id():
    early, late = reach(9, "clicked", MONDAY), reach(3, "clicked", MONDAY + DAY)
    assert credit([late, early], MONDAY + 2 * DAY, WEEK)[1] == late
    nine, ten = reach(2, "clicked", MONDAY, "t9"), reach(1, "clicked", MONDAY, "t10")
    assert credit([ten, nine], MONDAY, WEEK)[1] == ten


def message(person, at, clicks=(), number=1, **more):
    row = Message(**{"person_id": person.id, "channel": "email", "category": "lifecycle", "state": "sent",
                     "sent_at": at, "dedupe_key": f"m{number}", "subject": f"Letter {number}", **more})
    db.session.add(row)
    db.session.flush()
    record("message.sent", person, at=at, key=f"sent:{number}", message=row.public_id)
    for moment in clicks:
        click(row, moment)
    return row


def click(row, at, machine=False):
    db.session.add(MessageEvent(message_id=row.id, kind="clicked", at=at, machine=machine))
    record("message.clicked", row.person_id, at=at, message=row.public_id, human=not machine)


def pay(at, status="paid", ext="pay_1", amount=4900, **more):
    absorb(PaymentFact(ANA, ext, status, at, at, amount, "USD", **more), "whop")


@pytest.fixture
def ana(account):
    return meet(ANA, "whop")


@pytest.fixture
def verdicts(run_jobs):
    def read():
        db.session.commit()
        run_jobs()
        rows = db.session.scalars(select(Conversion).order_by(Conversion.at))
        return [(row.kind, row.credit, row.value) for row in rows]
    return read


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_late_click_and_a_late_payment_end_alike(ana, verdicts, order):
    def letter():
        message(ana, MONDAY - DAY, [MONDAY], 1)
    steps = (letter, lambda: message(ana, MONDAY + 2 * DAY, number=2), lambda: pay(MONDAY + 6 * DAY))
    for number in order:
        steps[number]()
        verdicts()
    assert verdicts() == [("first_purchase", "attributed", 4900)]
    conversion = db.session.scalar(select(Conversion))
    assert db.session.get(Touch, conversion.touch_id).kind == "clicked" and conversion.window_hours == 168
    told = db.session.scalars(select(Event).where(Event.kind == "conversion.recorded")).all()
    assert [(one.data["message"], one.sentence) for one in told] == [("Letter 1", "paid $49.00 after “Letter 1”")]


def test_a_refund_restates_the_value_and_stays_one_conversion(ana, verdicts):
    message(ana, MONDAY, [MONDAY])
    pay(MONDAY + DAY)
    assert verdicts() == [("first_purchase", "attributed", 4900)]
    pay(MONDAY + 3 * DAY, "refunded", refund_id="rf_1", refund_amount=4900)
    assert verdicts() == [("first_purchase", "attributed", 0)]
    assert len(db.session.scalars(select(Event).where(Event.kind == "conversion.recorded")).all()) == 1


def test_machines_tests_bounces_and_opens_do_not_count(ana, verdicts):
    scanned = message(ana, MONDAY, number=1, is_test=True)
    click(scanned, MONDAY)
    gone = message(ana, MONDAY, number=2, state="bounced")
    click(gone, MONDAY)
    pay(MONDAY + DAY)
    assert verdicts() == [("first_purchase", "none", 4900)]
    swept = message(ana, MONDAY, number=3, opened_at=MONDAY)
    click(swept, MONDAY, machine=True)
    assert verdicts() == [("first_purchase", "influenced", 4900)]


def test_a_recovery_counts_only_what_went_out_while_the_invoice_was_open(ana, verdicts):
    pay(MONDAY - 60 * DAY, ext="pay_0")
    message(ana, MONDAY - DAY, [MONDAY + DAY], 1)
    pay(MONDAY, "failed", failure_code="insufficient_funds")
    pay(MONDAY + 3 * DAY)
    assert verdicts()[1] == ("recovered_payment", "none", 4900)
    message(ana, MONDAY + DAY, [MONDAY + 2 * DAY], 2)
    assert verdicts()[1] == ("recovered_payment", "attributed", 4900)


def test_a_renewal_is_no_conversion_an_upgrade_and_a_return_are(ana, verdicts):
    def member(status, at, amount=4900, ext="mem_1", **more):
        plan = PlanRef(f"plan_{amount}", f"Plan {amount}", amount=amount, currency="USD", interval="month")
        absorb(MembershipFact(ANA, ext, status, at, plan, amount, "USD", started_at=MONDAY, **more), "whop")
    member("active", MONDAY)
    pay(MONDAY, ext="p1")
    pay(MONDAY + 30 * DAY, ext="p2")
    member("active", MONDAY + 45 * DAY, 14900)
    pay(MONDAY + 45 * DAY, ext="p3", amount=14900)
    member("canceled", MONDAY + 75 * DAY, 14900, ended_at=MONDAY + 75 * DAY)
    pay(MONDAY + 120 * DAY, ext="p4")
    plan = PlanRef("plan_4900", amount=4900, currency="USD", interval="month")
    absorb(MembershipFact(ANA, "mem_2", "active", MONDAY + 120 * DAY, plan, 4900, "USD",
                          started_at=MONDAY + 120 * DAY), "whop")
    assert [kind for kind, _, _ in verdicts()] == ["first_purchase", "upgrade", "reactivation"]


def test_the_window_is_a_setting_kept_with_the_row(ana, account, verdicts):
    message(ana, MONDAY, [MONDAY])
    pay(MONDAY + 6 * DAY)
    assert verdicts() == [("first_purchase", "attributed", 4900)]
    account.settings = {**account.settings, "analytics": {"window_days": 3}}
    click_later = message(ana, MONDAY + DAY, number=2)
    assert click_later and verdicts() == [("first_purchase", "attributed", 4900)], "decided under seven days"
    assert db.session.scalar(select(Conversion.window_hours)) == 168


def test_staff_and_test_money_make_no_conversion(ana, verdicts):
    pay(MONDAY, test=True)
    assert verdicts() == []
    ana.staff = True
    pay(MONDAY, ext="pay_2")
    assert verdicts() == []
