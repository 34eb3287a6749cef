"""What would have come anyway: the people left alone beside those treated."""
from datetime import UTC, datetime, timedelta

import pytest

from app.analytics.jobs import stale
from app.analytics.metrics.proof import Proof, newcombe, proofs, total
from app.analytics.metrics.span import Span
from app.analytics.views.panels import figures_of
from app.automations import Enrollment
from app.kit import clock
from app.people import meet
from app.spine.db import db
from app.spine.facts import PaymentFact, PersonRef, absorb

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)


def test_newcombe_to_the_last_digit():
    low, high = newcombe(130, 1000, 100, 1000)
    assert (round(low, 6), round(high, 6)) == (0.002002, 0.058070)


def test_the_formula():
    proof = Proof(treated=90, treated_paid=45, treated_value=45 * 4900, held_out=10, held_out_paid=2,
                  held_out_value=9800, credited=45 * 4900)
    assert proof.anyway == 90 * 2 * 4900 // 10 and proof.extra == 45 * 4900 - 18 * 4900
    low, high = proof.interval
    assert low < proof.extra < high <= proof.credited


def test_the_extra_never_exceeds_what_is_credited():
    proof = Proof(treated=90, treated_paid=45, treated_value=45 * 4900, held_out=10, credited=4900)
    assert (proof.extra, proof.anyway) == (4900, 0)


def test_below_ten_left_alone_nobody_can_tell():
    proof = Proof(treated=90, treated_paid=45, treated_value=220500, held_out=9, credited=220500)
    assert (proof.extra, proof.anyway, proof.interval) == (None, None, None)
    assert "9 of the 10" in proof.why_not
    assert total({1: proof}, 220500).extra is None


@pytest.fixture
def crowd(account, run_jobs):
    """Twelve of those left alone, three pay; twenty treated, ten pay. Each about one failed payment."""
    from tests.analytics.crowd import rescue
    with clock.frozen(NOON):
        automation = rescue()
        for number in range(32):
            treated = number < 20
            who = PersonRef(email=f"p{number}@harbor.test")
            meet(who, "whop")
            at = NOON - timedelta(days=5)
            absorb(PaymentFact(who, f"pay_{number}", "failed", at, at, 4900, "USD"), "whop")
            if number % 20 < (10 if treated else 3):
                later = at + timedelta(days=2)
                absorb(PaymentFact(who, f"pay_{number}", "paid", later, later, 4900, "USD"), "whop")
            enrol(automation, who, number, not treated, at)
        db.session.commit()
        run_jobs()
        yield automation


def enrol(automation, who, number, out, at):
    from sqlalchemy import select

    from app.payments import Payment
    payment = db.session.scalar(select(Payment).where(Payment.external_id == f"pay_{number}"))
    db.session.add(Enrollment(automation_id=automation.id, version_id=automation.version_id,
                              person_id=payment.person_id, entry_key=payment.public_id, state="exited",
                              entered_at=at, held_out=out,
                              subject=payment.public_id))


def test_the_two_groups_are_counted_alike(crowd):
    proof = proofs(Span.of(30))[crowd.id]
    assert (proof.treated, proof.treated_paid, proof.held_out, proof.held_out_paid) == (20, 10, 12, 3)
    assert (proof.treated_value, proof.held_out_value) == (49000, 14700)
    assert proof.extra == 0 and proof.credited == 0, "nobody clicked, so nothing is credited"


def test_those_left_alone_who_pay_are_marked(crowd):
    from sqlalchemy import select

    from app.analytics import Conversion
    marks = db.session.scalars(select(Conversion.credit)).all()
    assert marks.count("held_out") == 3 and marks.count("none") == 10


def test_the_card_adds_up(crowd, desk, run_jobs):
    """The ten treated who paid had clicked: all of it is credited, and a part would have come anyway."""
    from sqlalchemy import select

    from app.messaging import Message, MessageEvent
    from app.payments import Payment
    for number in range(10):
        payment = db.session.scalar(select(Payment).where(Payment.external_id == f"pay_{number}"))
        letter = Message(person_id=payment.person_id, channel="email", category="transactional", state="sent",
                         dedupe_key=f"m{number}", sent_at=NOON - timedelta(days=4), automation_id=crowd.id,
                         automation_ref=crowd.public_id, playbook="Rescue", subject="Your card")
        db.session.add(letter)
        db.session.flush()
        db.session.add(MessageEvent(message_id=letter.id, kind="clicked", at=NOON - timedelta(days=4), machine=False))
        stale(payment.person_id)
    db.session.commit()
    run_jobs()
    proof = proofs(Span.of(30))[crowd.id]
    assert (proof.credited, proof.conversions) == (49000, 10)
    assert (proof.anyway, proof.extra) == (24500, 24500), "a quarter of twenty people at 49 dollars"
    text = desk.get("/").text
    for words in ("$245", "more than would have come in anyway", "−$245", "$490", "12 people", "Extra 50.0%", "Rescue"):
        assert words in text, words
    assert [one["value"] for one in figures_of(crowd)] == ["$490", "10", "$245"]
