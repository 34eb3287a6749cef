"""The list of payments and one payment's story."""
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.payments import Payment
from app.spine.db import db
from app.spine.facts import PaymentFact, PersonRef, absorb
from tests.conftest import make_account, sign_in

ANA, BO = PersonRef(email="ana@harbor.test", name="Ana Lima"), PersonRef(email="bo@harbor.test", name="Bo Berg")


def day(number):
    return datetime(2026, 3, number, 9, tzinfo=UTC)


def pay(who, ext, status, at, **more):
    absorb(PaymentFact(who, ext, status, at, at, **{"amount": 4900, "currency": "USD", **more}), "whop")


@pytest.fixture
def till(account):
    pay(ANA, "p1", "failed", day(1), failure_code="expired_card", recovery_url="https://pay.test/p1")
    pay(BO, "p2", "failed", day(2), failure_message="Not enough money.")
    pay(BO, "p2", "paid", day(4))
    pay(BO, "p2", "refunded", day(6), refund_id="r1", refund_amount=900)
    pay(ANA, "p3", "paid", day(5), currency="EUR")
    pay(ANA, "p3", "disputed", day(7), dispute_id="d1", dispute_status="lost", dispute_amount=4900)
    db.session.commit()


def payment(ext) -> Payment:
    return db.session.scalar(select(Payment).where(Payment.external_id == ext))


@pytest.mark.parametrize("tab, there, not_there", [
    ("all", ("Ana Lima", "Bo Berg"), ()), ("lost", ("Ana Lima",), ("Bo Berg",)), ("open", (), ("Ana Lima", "Bo Berg")),
    ("recovered", ("Bo Berg",), ("Ana Lima",)),
    ("refunded", ("Bo Berg",), ("Ana Lima",)), ("disputed", ("Ana Lima",), ("Bo Berg",)), ("odd", ("Bo Berg",), ())])
def test_tabs_narrow_the_list(desk, till, tab, there, not_there):
    text = desk.get(f"/payments?tab={tab}").text
    assert all(name in text for name in there) and not any(name in text for name in not_there)


def test_search_finds_people_and_ids(desk, till, htmx):
    assert "Bo Berg" not in desk.get("/payments?q=lima").text
    assert "Bo Berg" in desk.get("/payments?q=p2").text
    assert "Nothing here matches" in desk.get("/payments?q=nobody").text
    part = desk.get("/payments", headers=htmx).text
    assert "<h1>" not in part and "49.00 EUR" in part
    assert desk.get("/payments?cursor=x").status_code == 400


def test_the_list_goes_on(desk, account):
    for number in range(60):
        pay(ANA, f"q{number}", "paid", day(1))
    db.session.commit()
    import re
    first = desk.get("/payments").text
    after = re.search(r'href="(/payments\?cursor=[^"]+)">Next', first).group(1).replace("&amp;", "&")
    assert "10 payments on this page" in desk.get(after).text


def test_a_payment_tells_its_story(desk, till):
    text = desk.get(f"/payments/{payment('p2').public_id}").text
    for words in ("$49.00", "Attempt failed", "Not enough money.", "Paid $49.00", "$9.00 given back",
                  "Partly refunded"):
        assert words in text, words
    failed = desk.get(f"/payments/{payment('p1').public_id}").text
    assert "https://pay.test/p1" in failed and "Expired card" in failed
    assert "Dispute lost" in desk.get(f"/payments/{payment('p3').public_id}").text


def test_no_payment_yet(desk, account):
    assert "No payments yet" in desk.get("/payments").text


def test_others_payments_do_not_exist(app, till):
    held = payment("p1").public_id
    browser = sign_in(app, make_account("rivals"), "company_owner", "rex@rival.test")
    assert browser.get(f"/payments/{held}").status_code == 404 and "Ana" not in browser.get("/payments").text
