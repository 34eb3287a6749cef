"""Files that leave: the columns one asks for, safe in both formats, listed with who took them."""
import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.accounts import Audit
from app.connections import Export
from app.kit.clock import frozen
from app.payments import Payment
from app.people import CustomField, Person, meet
from app.segments import Segment
from app.spine.db import db
from app.spine.facts import PersonRef

from .workbook import sheets

DAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
EVIL = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def people(account):
    """Ana pays; Bo is called like a formula; Cy has two names in other letters."""
    ana = meet(PersonRef(email="ana@x.example", name="Ana Lima", username="anal"), "whop")
    ana.total_spent, ana.joined_at, ana.stage, ana.membership_status = 4950, datetime(2026, 1, 5, 10, 0, 0, 123456,
                                                                                      tzinfo=UTC), "member", "active"
    ana.plan_id, ana.plan_name, ana.custom = "plan_1", "Gold", {"shoe_size": "38"}
    CustomField.seen("shoe_size", "38")
    ana.tag("VIP")
    ana.tag("=1+1")
    bo = meet(PersonRef(email="bo@x.example", name="=1+1"), "whop")
    bo.plan_id = "plan_2"
    meet(PersonRef(email="cy@x.example", name="Ćy 李 <b>"), "whop")
    meet(PersonRef(email="dee@x.example", name="'=1+1", username="@dee"), "whop")
    db.session.commit()
    return ana


def read(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text)))


def test_csv_named_after_what_it_holds_and_the_day(desk, people):
    members = {"all": [{"field": "stage", "op": "is", "value": "member"}]}
    segment = Segment(name="At risk", key="at risk", condition=members)
    db.session.add(segment)
    db.session.commit()
    with frozen(DAY):
        assert 'filename="people-2026-11-21.csv"' in desk.get("/people/export.csv").headers["Content-Disposition"]
        answer = desk.get(f"/people/export.csv?segment={segment.public_id}")
        assert 'filename="at-risk-2026-11-21.csv"' in answer.headers["Content-Disposition"]
        assert "members-2026" in desk.get("/people/export.xlsx?stage=member").headers["Content-Disposition"]
    assert [row[0] for row in read(answer)] == ["name", "Ana Lima"]


def test_columns_and_format_are_chosen(desk, people):
    page = desk.get("/people/exports/new?stage=member")
    assert "Export members" in page.text and "Shoe size" in page.text
    columns = ["id", "email", "revenue", "custom.shoe_size", "plan", "tags"]
    answer = desk.post("/people/exports?stage=member", data={"format": "csv", "columns": columns})
    assert answer.status_code == 303
    assert read(desk.get(answer.location)) == [
        ["RevenueAngel id", "email", "revenue", "Shoe size", "plan", "tags"],
        [people.public_id, "ana@x.example", "49.50", "38", "Gold", "'=1+1|VIP"]]
    listed = desk.get("/settings/exports").text
    assert "members-" in listed and "Olu" in listed
    [line] = db.session.scalars(select(Audit).where(Audit.action == "export"))
    assert line.object == "people" and line.after["rows"] == 1 and line.after["stage"] == "member"
    assert db.session.scalar(select(Export.taken_at)) is not None


def test_a_workbook_holds_text_numbers_and_dates(desk, people):
    answer = desk.get("/people/export.xlsx")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    [(name, rows)] = sheets(answer.data).items()
    assert name == "people" and [cell[2] for cell in rows[0]][:3] == ["name", "email", "username"]
    ana, bo, cy, dee = rows[1:]
    assert ana[5] == (None, None, "49.50") and ana[6][:2] == (None, "2")
    assert abs(float(ana[6][2]) - 46027.41667) < 0.0001
    assert bo[0] == ("inlineStr", None, "'=1+1") and cy[0] == ("inlineStr", None, "Ćy 李 <b>")
    assert dee[2] == ("inlineStr", None, "'@dee") and b"<f>" not in answer.data


def test_what_cannot_be_ordered_is_said(desk, people, visitor_desk):
    assert "Choose at least one" in desk.post("/people/exports", data={"format": "csv"}).text
    assert "no column moon" in desk.post("/people/exports", data={"format": "csv", "columns": ["moon"]}).text
    assert "format is one of" in desk.post("/people/exports", data={"format": "pdf", "columns": ["name"]}).text
    for address in ("/people/exports/new", "/people/export.xlsx", "/settings/exports", "/payments/export.csv"):
        assert visitor_desk.get(address).status_code == 403


@pytest.mark.parametrize("columns", [None, ["id", "name", "email", "username", "phone", "country", "status", "plan",
                                            "revenue", "joined", "last_active", "tags", "custom.shoe_size"]])
def test_our_own_export_changes_nothing(desk, wizard, people, tables, columns):
    if columns:
        address = desk.post("/people/exports", data={"format": "csv", "columns": columns}).location
    else:
        address = "/people/export.csv"
    text, before = desk.get(address).data, tables()
    counts = wizard.take(text, "people-2026-11-21.csv")
    assert counts == {"created": 0, "updated": 0, "unchanged": 4, "skipped": 0}
    assert wizard.one.foreign.startswith("RevenueAngel export")
    after = tables()
    assert {name: after[name] for name in before if before[name] != after[name]} == {}
    assert "There is nothing to take in" in desk.get(wizard.address).text or wizard.one.state == "done"


def test_our_own_export_makes_the_same_people_elsewhere(desk, wizard, people):
    text = desk.get("/people/export.csv").data
    for one in db.session.scalars(select(Person)):
        db.session.delete(one)
    db.session.commit()
    assert wizard.take(text)["created"] == 4
    ana = db.session.scalar(select(Person).where(Person.email == "ana@x.example"))
    assert (ana.name, ana.total_spent, ana.membership_status, ana.plan_id) == ("Ana Lima", 4950, "active", "Gold")
    assert [tag.name for tag in ana.tags] == ["=1+1", "VIP"]
    assert set(db.session.scalars(select(Person.name))) == {"Ana Lima", "=1+1", "Ćy 李 <b>", "'=1+1"}
    assert desk.get("/people/export.csv").data.replace(b"Gold", b"") == text.replace(b"Gold", b"")


def test_payments_leave_too(desk, account, people):
    db.session.add(Payment(person_id=people.id, source="whop", external_id=EVIL, status="paid", amount=4900, refunded=0,
                           currency="USD", account_net=4900, opened_at=DAY, paid_at=DAY, version=DAY))
    db.session.add(Payment(person_id=people.id, source="whop", external_id="p2", status="disputed", amount=500,
                           refunded=0, currency="JPY", opened_at=DAY, version=DAY))
    db.session.commit()
    rows = read(desk.get("/payments/export.csv"))
    assert rows[1][:8] == [f"'{EVIL}", "Ana Lima", "ana@x.example", "paid", "49.00", "0.00", "USD", "49.00"]
    assert rows[2][4:8] == ["500", "0", "JPY", ""] and len(rows) == 3
    disputed = desk.get("/payments/export.csv?tab=disputed")
    assert len(read(disputed)) == 2 and "payments-disputed-" in disputed.headers["Content-Disposition"]
    assert len(sheets(desk.get("/payments/export.xlsx?q=ana").data)["payments"]) == 3
