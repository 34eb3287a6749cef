"""What a lead is worth and why, where they stand, and the payment that makes a customer of them."""
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.people import Person, meet
from app.people.models.worth import FIELDS, value_of
from app.spine.db import db
from app.spine.events import Event
from app.spine.facts import PaymentFact, PersonRef, absorb

AT = datetime(2026, 3, 1, tzinfo=UTC)
CASES = [                            # known, cart, checkout, in cart, engaged -> minor units
    ((), 0, False, False, False, 0), (("email",), 0, False, False, False, 50), (FIELDS, 0, False, False, False, 350),
    (("email", "phone"), 10_000, False, False, False, 650), (("email",), 10_000, False, True, False, 825),
    (("email",), 10_000, True, True, False, 1100), (("email",), 0, False, False, True, 63),
    (FIELDS, 9900, True, True, True, 2113), (("email",), 10_000, True, False, True, 1375)]


@pytest.mark.parametrize(("known", "cart", "checkout", "in_cart", "engaged", "total"), CASES)
def test_the_formula(known, cart, checkout, in_cart, engaged, total):
    assert value_of(known, cart, checkout, in_cart, engaged).total == total


def test_the_seeds_own_numbers():
    assert FIELDS == {"email": 50, "phone": 100, "first_name": 25, "last_name": 25, "address": 150}


def test_the_value_follows_what_is_known(account):
    bo = meet(PersonRef(email="bo@x.example"), "whop", lead=True)
    db.session.commit()
    assert bo.lead_value == 50
    bo.name, bo.phone, bo.address = "Bo Lind", "+351912345678", {"street": "Rua 1", "city": "Porto"}
    bo.engagement_score, bo.lead_status, bo.cart_value = 71, "checkout", 10_000
    db.session.commit()
    assert bo.lead_value == (350 + 500) * 2 * 5 // 4
    assert [label for label, _ in bo.worth.lines] == ["Email", "Phone", "First name", "Last name", "Address",
                                                      "5 % of what is in the cart"]
    assert [label for label, _ in bo.worth.times] == ["Reached the checkout", "Very engaged"]
    bo.engagement_score, bo.address = 70, {"city": "Porto"}
    db.session.commit()
    assert bo.lead_value == (200 + 500) * 2


def test_imported_people_have_their_value_at_once(app, account, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email,name,engagement_score\nq@x.example,Quilla Zweig,80\n")
    app.test_cli_runner().invoke(args=["import", "people", str(file), "--account", "harbor"])
    assert db.session.scalar(select(Person.lead_value)) == 125


def test_the_first_payment_makes_a_customer_of_a_lead(desk, bo):
    who = PersonRef(email="bo@x.example")
    later = AT + timedelta(days=3)
    absorb(PaymentFact(who, "pay_2", "paid", later, later, 9900, "USD"), "stripe")
    db.session.commit()
    assert (bo.converted_at, bo.lead_status, bo.conversion["amount"]) == (later, "won", 9900)
    absorb(PaymentFact(who, "pay_1", "paid", AT, AT, 4900, "USD"), "stripe")      # told late, paid first
    absorb(PaymentFact(who, "pay_3", "paid", later, later, 100, "USD"), "stripe")
    db.session.commit()
    assert (bo.converted_at, bo.conversion["amount"], bo.conversion["origin"]) == (AT, 4900, "podcast")
    kinds = db.session.scalars(select(Event.kind).where(Event.kind.startswith("lead."))).all()
    assert sorted(kinds) == ["lead.converted", "lead.created", "lead.status_changed"]
    page = desk.get(f"/people/{bo.public_id}").text
    assert "Became a customer" in page and "What this lead was worth" in page and "Came from podcast" in page
    assert f'href="/payments/{bo.conversion["payment"]}">$49.00' in page


def test_a_member_who_never_was_a_lead_is_no_conversion(ana):
    absorb(PaymentFact(PersonRef(email="ana@x.example"), "pay_1", "paid", AT, AT, 4900, "USD"), "whop")
    assert ana.converted_at is None and ana.lead_status is None


def test_where_a_lead_stands_is_moved_on_the_page(desk, bo, ana, htmx):
    here = f"/people/{bo.public_id}"
    assert "What this lead is worth" in desk.get(here).text
    part = desk.post(f"{here}/lead-status", data={"lead_status": "qualified"}, headers=htmx)
    assert 'value="qualified" selected' in part.text and "<h1>" not in part.text
    assert "Lead status: qualified" in desk.get(f"{here}?group=leads").text
    assert desk.post(f"{here}/lead-status", data={"lead_status": "lost"}).status_code == 303
    assert desk.post(f"{here}/lead-status", data={"lead_status": "cold"}).status_code == 422
    assert desk.post(f"/people/{ana.public_id}/lead-status", data={"lead_status": "lost"}).status_code == 422
