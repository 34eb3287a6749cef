"""Filters, columns and saved views of the list, and searching with a slip of the finger."""
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlparse

import pytest
from sqlalchemy import select

from app.accounts import User
from app.kit.clock import now
from app.people import Person
from app.people.models import SavedView
from app.people.models.nearly import closeness
from app.people.views.listing import COLUMNS
from app.segments import Segment
from app.spine.db import as_account, db


def names(answer):
    return re.findall(r'<a class="name plain" href="[^"]+">([^<]+)</a>', answer.text)


@pytest.fixture
def crew(account, desk):
    owner = db.session.get(User, desk.user_id)
    ago = lambda days: now() - timedelta(days=days)  # noqa: E731
    people = [
        Person(name="Ana Lima", email="ana@x.example", stage="member", membership_status="active", plan_id="plan_a",
               plan_name="Pro", total_spent=90000, joined_at=ago(200), last_active_at=ago(2), risk_level="LOW",
               country="PT", assigned_to=owner.id),
        Person(name="Bo Berg", email="bo@x.example", stage="lead", lead_status="qualified", lead_source="podcast"),
        Person(name="Cy Duarte", email="cy@x.example", stage="member", membership_status="past_due", plan_id="plan_b",
               plan_name="Basic", total_spent=4900, joined_at=ago(10), last_active_at=ago(45), risk_level="HIGH"),
    ]
    db.session.add_all(people)
    db.session.flush()
    people[2].tag("Late payer")
    db.session.commit()
    return owner


def test_each_filter_finds_whom_it_names(desk, crew):
    quiet = Segment(name="Quiet", condition={"field": "last_active_at", "op": "not_in_last",
                                             "value": {"n": 30, "unit": "days"}})
    db.session.add(quiet)
    db.session.commit()
    tag = re.search(r"tag=(tag_\w+)", desk.get("/people").text)[1]
    for query, wanted in (("status=active", {"Ana"}), ("status=active&status=past_due", {"Ana", "Cy"}),
                          ("plan=plan_b", {"Cy"}), (f"tag={tag}", {"Cy"}), (f"segment={quiet.public_id}", {"Bo", "Cy"}),
                          ("lead=qualified", {"Bo"}), ("source=podcast", {"Bo"}), ("risk=HIGH", {"Cy"}),
                          ("country=PT", {"Ana"}), (f"assigned={crew.public_id}", {"Ana"}),
                          ("assigned=nobody", {"Bo", "Cy"}), (f"assigned=nobody&assigned={crew.public_id}",
                                                              {"Ana", "Bo", "Cy"}),
                          ("joined=30", {"Cy"}), ("seen=7", {"Ana"}), ("quiet=30", {"Bo", "Cy"}),
                          ("spent=500", {"Ana"}), ("spent=$49", {"Ana", "Cy"}), ("spent=lots", {"Ana", "Bo", "Cy"}),
                          ("status=nonsense", set()), ("joined=soon", {"Ana", "Bo", "Cy"}),
                          ("status=active&country=BR", set()),
                          ("q=x.example&status=active", {"Ana"})):
        assert {name.split()[0] for name in names(desk.get(f"/people?{query}"))} == wanted, query
    assert desk.get("/people?segment=seg_nowhere").status_code == 404


def test_the_panel_offers_what_is_in_use_and_chips_take_it_away(desk, crew):
    assert 'id="filter-plan"' not in desk.get("/people").text
    page = desk.get("/people?panel=filters&status=active&plan=plan_a").text
    assert re.search(r'<option value="plan_a" selected>Pro</option>', page) and "Basic" in page
    assert "Membership: Active" in page and "Plan: Pro" in page
    chips = [parse_qs(urlparse(link.replace("&amp;", "&")).query) for link in
             re.findall(r'<a class="chip" href="([^"]+)">(?:Membership|Plan)', page)]
    assert [("status" in chip, "plan" in chip) for chip in chips] == [(False, True), (True, False)]


def test_a_filtered_list_becomes_the_same_segment(desk, crew):
    page = desk.get("/segments/new?status=active&plan=plan_a&spent=500&joined=365").text
    said = re.search(r'<p class="sentence"[^>]*>(.*?)</p>', page, re.S)[1]
    assert said == ("Membership is Active and plan is Pro and joined is in the last 365 days and total spent "
                    "is at least $500.00.")


@pytest.mark.parametrize("column", COLUMNS.values(), ids=lambda column: column.name)
def test_every_column_can_be_shown_and_sorted_both_ways(desk, crew, column):
    page = desk.get(f"/people?columns={column.name}")
    if column.name != "risk":
        assert f">{column.label}" in page.text and len(names(page)) == 3
    if column.attribute:
        falling = names(desk.get(f"/people?columns={column.name}&sort=-{column.attribute}"))
        rising = names(desk.get(f"/people?columns={column.name}&sort={column.attribute}"))
        assert sorted(falling) == sorted(rising) == ["Ana Lima", "Bo Berg", "Cy Duarte"]


def test_columns_are_chosen_in_a_form(desk, crew):
    page = desk.get("/people?panel=columns&stage=member").text
    assert page.count('name="column"') == len(COLUMNS)
    answer = desk.get("/people?stage=member&column=email&column=phone").text
    assert "columns=email%2Cphone" in answer or "columns=email,phone" in answer
    assert "ana@x.example" in answer and ">Phone" in answer and "Paid so far" not in answer


def test_a_view_is_saved_found_again_and_deleted(desk, visitor_desk, crew, other_account):
    answer = desk.post("/people/views?status=past_due&sort=name&columns=email", data={"name": "  Late   ones "})
    assert answer.status_code == 303 and "status=past_due" in answer.location
    view = db.session.scalar(select(SavedView))
    assert view.name == "Late ones" and view.args == {"status": ["past_due"], "sort": "name", "columns": "email"}
    shown = visitor_desk.get("/people").text
    link = re.search(r'<a class="chip" href="([^"]+)"[^>]*>Late ones', shown)[1].replace("&amp;", "&")
    assert names(visitor_desk.get(link)) == ["Cy Duarte"]
    desk.post("/people/views?status=active", data={"name": "late ones"})
    assert db.session.scalars(select(SavedView.args)).all() == [{"status": ["active"]}]
    desk.post("/people/views", data={"name": " "})
    assert "A view has a name" in desk.get("/people").text
    assert visitor_desk.post(f"/people/views/{view.public_id}/removal").status_code == 403
    with as_account(other_account.id):
        assert db.session.scalars(select(SavedView)).all() == []
    desk.post(f"/people/views/{view.public_id}/removal")
    assert db.session.scalars(select(SavedView)).all() == []


@pytest.mark.parametrize("slip", ["Duarate", "Duart", "Daurte", "ana lmia", "duarte cyy", "berg bx"])
def test_a_slip_of_the_finger_finds_them_all_the_same(desk, crew, htmx, slip):
    found = [one.name for one in Person.near(slip)]
    wanted = {"d": "Cy Duarte", "a": "Ana Lima", "b": "Bo Berg"}[slip[0].lower()]
    if slip == "berg bx":
        assert found == []
    else:
        assert found[:1] == [wanted], slip
        assert wanted in desk.get(f"/people/found?q={slip}", headers=htmx).text
        assert "Did you mean" in desk.get(f"/people?q={slip}").text or wanted in names(desk.get(f"/people?q={slip}"))


def test_what_is_nothing_like_it_is_not_offered(desk, crew, other_account):
    with as_account(other_account.id):
        db.session.add(Person(name="Xaver Xylander", email="xx@rival.example"))
        db.session.commit()
    assert Person.near("xaver xylandr") == [] == Person.near("zq") == Person.near("")
    assert closeness("ana", "ana lima") == 1.0 and closeness("ana zzz", "ana lima") < 0.5


def test_an_exported_list_is_the_list_whatever_narrows_it(desk, crew):
    for query, wanted in (("spent=500", {"Ana Lima"}), ("status=past_due&quiet=30", {"Cy Duarte"}),
                          ("assigned=nobody&q=x.example", {"Bo Berg", "Cy Duarte"})):
        text = desk.get(f"/people/export.csv?{query}").text
        assert {name for name in ("Ana Lima", "Bo Berg", "Cy Duarte") if name in text} == wanted, query
