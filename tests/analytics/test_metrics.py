"""Cases, messages and cohorts: the worked examples of metrics.md sections 6, 10 and 15."""
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.analytics.metrics import Span, cases, cells, sends
from app.kit import clock
from app.messaging import Message
from app.payments import Payment
from app.people import meet
from app.spine.db import db
from app.spine.facts import PaymentFact, PersonRef, absorb
from tests.analytics.test_worked_book import book  # noqa: F401 - the fixture

NOW = datetime(2026, 11, 18, 17, tzinfo=UTC)


def failed(number, at, paid=None, refund=0):
    who = PersonRef(email=f"p{number}@harbor.test")
    absorb(PaymentFact(who, f"pay_{number}", "failed", at, at, 4900, "USD"), "whop")
    if paid:
        absorb(PaymentFact(who, f"pay_{number}", "paid", paid, paid, 4900, "USD"), "whop")
    if refund:
        absorb(PaymentFact(who, f"pay_{number}", "refunded", NOW, NOW, refund_id=f"r{number}", refund_amount=refund),
               "whop")


@pytest.fixture
def twenty(account):
    """Twenty cases: eleven paid in time (one half refunded), six lost, three open."""
    with clock.frozen(NOW):
        old, young = NOW - timedelta(days=40), NOW - timedelta(days=5)
        for number in range(11):
            failed(number, old, old + timedelta(days=3), 2450 if number == 0 else 0)
        failed(11, old, old + timedelta(days=31))
        for number in range(12, 17):
            failed(number, old)
        for number in range(17, 20):
            failed(number, young)
        db.session.commit()
        yield Span.of(90)


def test_recovered_lost_and_open(twenty):
    found = cases(twenty)
    assert (len(found.recovered), len(found.of("lost")), len(found.of("open"))) == (11, 6, 3)
    assert str(found.rate) == "0.647059" and found.closed == 17
    assert (found.recovered_amount, found.at_risk) == (51450, 14700)
    assert len(found.retry_only) == 11 and found.after_message == []


def test_a_voided_case_is_closed_and_staff_have_none(twenty):
    payment = db.session.scalar(select(Payment).where(Payment.external_id == "pay_17"))
    payment.status = "canceled"
    db.session.scalar(select(Payment).where(Payment.external_id == "pay_18")).person.staff = True
    db.session.flush()
    found = cases(twenty)
    assert (len(found.of("lost")), len(found.of("open"))) == (7, 1)


def test_messages_of_a_span(account):
    person = meet(PersonRef(email="ana@harbor.test"), "whop")
    with clock.frozen(NOW):
        for number in range(10):
            db.session.add(Message(
                person_id=person.id, channel="email", category="promo", dedupe_key=f"m{number}", sent_at=NOW,
                state="bounced" if number == 0 else "sent", opened_at=NOW if number in (1, 2, 3) else None,
                clicked_at=NOW if number == 1 else None, is_test=number == 9))
        db.session.flush()
        told = sends(Span.of(7))
    rates = {name: (part, whole, value and str(value)) for name, (part, whole, value) in told.rates().items()}
    assert (told.sent, told.delivered) == (9, 8)
    assert rates["delivery_rate"] == (8, 9, "0.888889") and rates["open_rate"] == (3, 8, "0.375000")
    assert rates["click_rate"] == (1, 8, "0.125000") and rates["click_to_open"] == (1, 3, "0.333333")


def test_no_message_no_rate(account):
    assert {value for _, _, value in sends(Span.of(7)).rates().values()} == {None}


def test_the_january_cohort(book):  # noqa: F811
    rows = [cell.row() for cell in cells(date(2026, 4, 30)) if cell.cohort == date(2026, 1, 1)]
    told = [(row["day"], row["eligible"], row["retained"], row["member_retention"] and str(row["member_retention"]),
             row["revenue_retention"] and str(row["revenue_retention"]), row["complete"]) for row in rows]
    assert told == [(30, 5, 5, "1.000000", "1.000000", 1), (60, 5, 3, "0.600000", "0.470270", 1),
                    (90, 5, 4, "0.800000", "0.632432", 0), (180, 0, None, None, None, 0), (365, 0, None, None, None, 0)]
    assert rows[0]["size"] == 5 and str(rows[1]["mrr_dayN"]) == "8700.0000"
