"""An import taken back: the tables before and after are the same, and what was built on it stays, with the reason."""
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.connections import ImportedRow
from app.memberships import Membership
from app.messaging import Consent
from app.payments import Payment
from app.people import CustomField, Person, meet
from app.spine.db import db, serve
from app.spine.facts import PersonRef
from app.spine.jobs import drain
from app.spine.keeping import KEPT, let_go

PEOPLE = ("email,name,username,joined,total spent,tags,shoe size,posts,phone\n"
          "ana@x.example,Ana Lima,anal,2026-01-05,$49.00,VIP|Runner,38,3,\n"
          "bo@x.example,Bo Berg,,2026-02-01,12.50,Runner,,,+351 912 345 678\n"
          "new@x.example,New Nell,nell,2026-03-01,,Fresh,41,,\n")
PAYMENTS = ("payment_id,member_id,sub_id,amount_minor,refunded_minor,currency,status,failure_code,at\n"
            "p1,m1,s1,4900,0,USD,paid,,2026-02-01\np2,m1,s1,4900,0,USD,failed,card_declined,2026-03-01\n"
            "p2,m1,s1,4900,0,USD,paid,,2026-03-03\np3,m2,,1900,1900,USD,refunded,,2026-03-03\n"
            "p4,m1,s1,4900,0,USD,disputed,,2026-04-01\n")
MEMBERSHIPS = ("sub_id,seq,version,member_id,plan_id,interval,interval_count,amount_minor,quantity,currency,status,"
               "start,end\n"
               "s1,0,1,m1,gold,month,1,4900,1,USD,active,2026-01-05,2026-03-05\n"
               "s1,1,1,m1,silver,month,1,2900,1,USD,active,2026-03-05,\ns2,0,1,m2,gold,month,1,4900,1,USD,trialing,"
               "2026-03-05,2026-04-05\n")
ACTIVITY = ("event_id,member_id,anon_id,kind,at,value,content_id\ne1,m1,,post,2026-10-01T10:00:00Z,,\n"
            "e2,m1,,lesson,2026-10-02T10:00:00Z,80,les_1\ne3,m3,,login,2026-10-02T10:00:00Z,,\n")


@pytest.fixture
def ana(account) -> Person:
    """Ana, whom we know as m1; she has a tag, a note and money of her own."""
    ana = meet(PersonRef(email="ana@x.example", name="Ana", external="m1"), "whop")
    ana.tag("Runner")
    ana.note("Likes mornings.")
    CustomField.seen("shoe_size", "36")
    ana.total_spent, ana.custom = 700, {"shoe_size": "36", "city": "Porto"}
    db.session.commit()
    drain()
    serve(account.id)
    return ana


def find(email) -> Person | None:
    return db.session.scalar(select(Person).where(Person.email == email))


@pytest.mark.parametrize(("name", "text", "told"), [
    ("people", PEOPLE, {"consent": "granted"}), ("people", PEOPLE, {}), ("payments", PAYMENTS, {}),
    ("memberships", MEMBERSHIPS, {}), ("activity", ACTIVITY, {})])
def test_everything_is_as_it_was(wizard, ana, tables, name, text, told):
    before = tables()
    counts = wizard.take(text, f"{name}.csv", **told)
    assert wizard.one.kind == name and counts["created"] and tables() != before
    assert wizard.undo().status_code == 303 and wizard.one.state == "reversed"
    after = tables()
    assert {table: (rows, after[table]) for table, rows in before.items() if rows != after[table]} == {}
    assert "It is undone" in wizard.page and "could not be undone" not in wizard.page


def test_one_after_the_other(wizard, ana, tables):
    """Each stands on the one before; taken back in turn, nothing is left of them."""
    before, addresses = tables(), []
    for name, text in zip(("people", "memberships", "payments", "activity"), (PEOPLE, MEMBERSHIPS, PAYMENTS, ACTIVITY),
                          strict=True):
        wizard.take(text, f"{name}.csv")
        addresses.append(wizard.address)
    assert find("ana@x.example").total_spent == 14700
    for address in reversed(addresses):
        wizard.address = address
        assert wizard.undo().status_code == 303 and wizard.one.state == "reversed"
    after = tables()
    assert {table: (rows, after[table]) for table, rows in before.items() if rows != after[table]} == {}


def test_what_was_changed_since_stays(wizard, ana):
    wizard.take(PEOPLE)
    ana = find("ana@x.example")
    ana.name = "Ana Maria"
    find("new@x.example").note("Called today.")
    db.session.commit()
    wizard.undo()
    ana, bo, new = find("ana@x.example"), find("bo@x.example"), find("new@x.example")
    assert (ana.name, ana.username, ana.total_spent, ana.custom) == ("Ana Maria", None, 700,
                                                                    {"shoe_size": "36", "city": "Porto"})
    assert bo is None and new is not None and new.tags == [] and [tag.name for tag in ana.tags] == ["Runner"]
    page = wizard.page
    assert "there are notes" in page and "name: changed since" in page
    assert wizard.desk.post(f"{wizard.address}/reversal").status_code == 409


def test_money_that_goes_is_no_longer_counted(wizard, ana):
    wizard.take(PAYMENTS, "payments.csv")
    known = db.session.scalar(select(Person).where(Person.total_spent == 0, Person.id != ana.id))
    known.note("Paid by card.")
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Payment)) == 4
    assert db.session.get(Person, ana.id).total_spent == 14700
    wizard.undo()
    assert db.session.scalar(select(func.count()).select_from(Payment)) == 0
    assert db.session.get(Person, ana.id).total_spent == 700
    assert db.session.get(Person, known.id).payments_count == 0 and "there are notes" in wizard.page


def test_a_membership_that_goes_takes_its_copies_along(wizard, ana):
    wizard.take(MEMBERSHIPS, "memberships.csv")
    other = db.session.scalar(select(Person).where(Person.id != ana.id))
    assert (ana.stage, other.membership_status) == ("member", "canceled")
    other.tag("Kept")
    db.session.commit()
    wizard.undo()
    db.session.expire_all()
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 0
    assert (ana.stage, ana.membership_status, other.stage, other.membership_status) == ("lead", None, "lead", None)


def test_what_people_said_themselves_outranks_the_file(wizard, ana):
    db.session.add(Consent(person_id=ana.id, purpose="marketing", state="withdrawn", method="unsubscribe"))
    db.session.commit()
    wizard.take(PEOPLE, consent="granted", origin="Sign-ups on my site")
    assert Consent.latest(find("ana@x.example"), "promo") == "withdrawn"
    said = db.session.scalars(select(Consent).where(Consent.method == "import")).all()
    assert [(one.state, one.wording) for one in said] == [("granted", "Sign-ups on my site")] * 2
    assert said[0].evidence["import"] == wizard.one.public_id
    wizard.undo()
    assert db.session.scalars(select(Consent.method)).all() == ["unsubscribe"]


def test_after_thirty_days_it_stays(wizard, ana):
    wizard.take(PEOPLE)
    for row in db.session.scalars(select(ImportedRow)):
        row.created_at -= timedelta(days=31)
    db.session.commit()
    for kept in KEPT:
        if kept.model is ImportedRow:
            let_go(kept)
    db.session.commit()
    assert "Undo this import" not in wizard.page
    assert wizard.desk.post(f"{wizard.address}/reversal").status_code == 409
