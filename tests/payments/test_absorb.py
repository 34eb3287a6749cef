"""One payment, however its source tells it: tries, success, refunds, disputes, in any order, under any of its ids."""
import itertools
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.payments import Dispute, Payment, Rate, convert
from app.people import Person
from app.spine.db import db
from app.spine.events import Event
from app.spine.facts import PaymentFact, PersonRef, absorb

MIRA = PersonRef(email="mira@example.test")


def day(number):
    return datetime(2026, 3, number, 9, tzinfo=UTC)


def fact(status, at, ext="pay_1", **more):
    more = {"amount": 4900, "currency": "USD", **more}
    return PaymentFact(MIRA, ext, status, at, at, **more)


STORY = (fact("failed", day(1), failure_code="insufficient_funds"), fact("failed", day(3), failure_code="expired_card"),
         fact("paid", day(5)), fact("refunded", day(9), refund_id="rf_1", refund_amount=1900))


def state():
    db.session.commit()
    db.session.expire_all()
    payments = db.session.scalars(select(Payment)).all()
    events = db.session.scalars(select(Event).where(Event.source == "payments").order_by(Event.at, Event.kind))
    person = db.session.scalar(select(Person))
    return ([(p.status, p.amount, p.refunded, p.net, p.attempts_count, p.failed_at, p.paid_at, p.failure_code)
             for p in payments], [(e.kind, e.at) for e in events], person.total_spent, person.payments_count)


@pytest.mark.parametrize("order", range(24))
def test_all_orders_end_in_the_same_books(account, order):
    for one in list(itertools.permutations(STORY))[order]:
        absorb(one, "whop")
    payments, events, spent, count = state()
    assert payments == [("partially_refunded", 4900, 1900, 3000, 3, day(1), day(5), "expired_card")]
    assert events == [("payment.failed", day(1)), ("payment.failed", day(3)), ("payment.succeeded", day(5)),
                      ("payment.refunded", day(9))]
    assert (spent, count) == (3000, 1)


def test_twice_is_once(account):
    for one in STORY:
        absorb(one, "whop")
    before = state()
    for one in STORY:
        absorb(one, "whop")
    assert state() == before


@pytest.mark.parametrize("order", range(6))
def test_ids_that_turn_out_to_be_one_payment_become_one(account, order):
    told = (fact("paid", day(5), "ch_1", aliases=("pi_1",)), fact("failed", day(1), "pi_9"),
            fact("paid", day(5), "in_1", aliases=("pi_1", "ch_1", "pi_9")))
    for one in list(itertools.permutations(told))[order]:
        absorb(one, "stripe")
    payments, events, spent, count = state()
    assert [p[:5] for p in payments] == [("paid", 4900, 0, 4900, 2)]
    assert [kind for kind, _ in events] == ["payment.failed", "payment.succeeded"]
    assert (spent, count) == (4900, 1)


def test_a_lost_dispute_costs_and_a_won_one_does_not(account):
    absorb(fact("paid", day(1)), "whop")
    lost = dict(dispute_id="dp_1", dispute_amount=4900)
    absorb(fact("disputed", day(2), dispute_status="open", **lost), "whop")
    assert state()[0][0][0] == "disputed" and state()[2] == 4900
    absorb(fact("disputed", day(4), dispute_status="lost", **lost), "whop")
    absorb(fact("disputed", day(3), dispute_status="open", **lost), "whop")
    assert state()[2] == 0 and db.session.scalar(select(Dispute.status)) == "lost"
    absorb(fact("disputed", day(6), dispute_status="won", **lost), "whop")
    assert state()[2] == 4900


def test_test_money_is_no_money(account):
    absorb(fact("paid", day(1), test=True), "whop")
    payments, events, spent, count = state()
    assert payments[0][0] == "paid" and (events, spent, count) == ([], 0, 0)


def test_foreign_money_is_converted_at_its_own_day(account):
    db.session.add(Rate(currency="EUR", day=date(2026, 3, 1), rate=Decimal("1.10")))
    db.session.add(Rate(currency="JPY", day=date(2026, 3, 1), rate=Decimal("0.0065")))
    db.session.commit()
    assert convert(1000, "EUR", day(4)) == 1100
    assert convert(5000, "JPY", day(4)) == 3250, "5,000 yen have no minor units; 32.50 dollars have"
    assert convert(1000, "EUR", datetime(2026, 2, 1, tzinfo=UTC)) is None
    absorb(fact("paid", day(4), currency="EUR"), "whop")
    assert state()[2] == 5390
