"""Two entries made one, and made two again exactly as they were."""
import json
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, select

from app.analytics.jobs import rewrite_stale
from app.automations import Automation, Enrollment
from app.kit.clock import frozen, now
from app.memberships import Membership
from app.merging import BadMerge, Merge, Preview, merge, open_suggestions, undo
from app.payments import Payment
from app.people import Identity, Person, Tagging, erase, meet
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.facts import PaymentFact, PersonRef, absorb
from app.spine.jobs import drain
from app.tasks import Task, open_task

from .conftest import AT

ASIDE = {"audits", "jobs", "merges", "stale_books", "marks", "beats", "installation"}
MOVING = {"updated_at"}
DERIVED = {"movements", "touches", "conversions"}          # written anew from the rows they follow from


def everything() -> dict:
    """Every row of every table, without what tells of the merging itself and when a row was last written."""
    db.session.commit()
    tables = MetaData()
    tables.reflect(db.engine)
    found = {}
    with db.engine.connect() as connection:
        for name, table in tables.tables.items():
            if name in ASIDE or name.startswith("people_words"):
                continue
            skipped = MOVING | ({"id", "created_at", "public_id"} if name in DERIVED else set())
            rows = [{key: value for key, value in row._mapping.items() if key not in skipped}
                    for row in connection.execute(select(table))]
            if name == "people":
                for row in rows:
                    row["tagged"] = sorted(row["tagged"].split(","))
            found[name] = sorted(repr(row) for row in rows
                                 if not (name == "events" and row["kind"] in ("person.merged", "person.unmerged")))
    return found


def books() -> None:
    while rewrite_stale():
        db.session.commit()


def both(ana, double) -> Merge:
    done = merge(ana, double, {"name": "gone"})
    db.session.commit()
    return done


def test_what_was_of_two_is_of_one(ana, double):
    open_task(double, "Call her", due="2026-12-01")
    done = both(ana, double)
    db.session.expire_all()
    assert (ana.name, ana.email, ana.phone, ana.username) == ("Ana Lima", "ana@x.example", "+351912000777", "analima")
    assert ana.custom == {"shoe_size": 38, "city": "Lisbon"}
    assert (ana.total_spent, ana.payments_count, ana.forum_posts) == (14800, 2, 1)
    assert (ana.stage, ana.membership_status, ana.plan_name) == ("member", "active", "Club")
    assert [tag.name for tag in ana.tags] == ["Runner", "VIP"] and double.merged_into_id == ana.id
    rows = [row for model in (Payment, Membership, Identity, Task) for row in db.session.scalars(select(model))]
    assert len(rows) > 6 and {row.person_id for row in rows} == {ana.id}
    assert db.session.scalars(select(Tagging.person_id).where(Tagging.person_id == double.id)).all() == [double.id]
    assert meet(PersonRef(email="ana.lima@y.example"), "stripe") is ana
    told = db.session.scalar(select(Event).where(Event.kind == "person.merged"))
    assert told.person_id == ana.id and told.data == {"other": double.public_id, "merge": done.public_id}
    assert db.session.scalars(Person.everyone()).all() == [ana]


def test_undone_every_row_is_as_before(ana, double, account):
    open_task(double, "Call her")
    double.note("Runs **far**.")
    ana.assign(None)
    books()
    before = everything()
    done = both(ana, double)
    books()
    assert everything() != before
    undo(done)
    db.session.commit()
    books()
    after = everything()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert done.undone_at and not done.moved and not done.before


def test_what_was_changed_since_stays_and_what_arrived_since_too(ana, double):
    done = both(ana, double)
    ana.country, ana.custom = "PT", {**ana.custom, "shoe_size": 40}
    absorb(PaymentFact(PersonRef(email="ana.lima@y.example"), "pay_c", "paid", AT, AT, 100, "USD"), "stripe")
    db.session.commit()
    undo(done)
    db.session.commit()
    assert (ana.country, ana.custom, ana.name) == ("PT", {"shoe_size": 40}, "Ana")
    assert (ana.total_spent, double.total_spent) == (5000, 9900)
    assert double.custom == {"shoe_size": 39, "city": "Lisbon"}


def test_totals_that_were_only_told_are_added_up(account):
    one, two = (meet(PersonRef(email=f"{name}@x.example", external=name), "import") for name in ("one", "two"))
    one.total_spent, one.payments_count, one.counted, one.forum_posts = 500, 1, {"forum_posts": 3, "at": 10.0}, 3
    two.total_spent, two.payments_count, two.counted, two.forum_posts = 700, 2, {"forum_posts": 4, "at": 20.0}, 4
    two.stage, two.membership_status = "former", "canceled"
    db.session.commit()
    done = merge(one, two)
    assert (one.total_spent, one.payments_count, one.forum_posts) == (1200, 3, 7)
    assert (one.stage, one.membership_status) == ("former", "canceled")
    undo(done)
    assert (one.total_spent, one.forum_posts, one.stage, two.total_spent) == (500, 3, "lead", 700)


def test_merges_follow_one_another_and_are_undone_from_the_last(ana, double, account):
    third = meet(PersonRef(email="third@z.example", name="Third"), "whop")
    first = both(ana, double)
    second = merge(third, ana)
    assert double.merged_into_id == third.id and third.total_spent == 14800
    with pytest.raises(BadMerge, match="undone"):
        undo(first)
    undo(second)
    assert double.merged_into_id == ana.id
    undo(first)
    assert (double.merged_into_id, third.total_spent, double.total_spent) == (None, 0, 9900)
    with pytest.raises(BadMerge):
        undo(first)


def test_who_cannot_be_merged(ana, double):
    with pytest.raises(BadMerge, match="somebody else"):
        merge(ana, ana)
    erase(double)
    with pytest.raises(BadMerge, match="erased"):
        merge(ana, double)


def test_after_thirty_days_it_stays(ana, double):
    with frozen(now()) as forward:
        done = both(ana, double)
        forward(days=31)
        assert Merge.lasting(ana) == []
        with pytest.raises(BadMerge, match="30 days"):
            undo(done)


def plan(letter=None, policy="once") -> Automation:
    made = Automation.make("Welcome", "nurture", {
        "trigger": {"kind": "person.tagged"}, "reentry": {"policy": policy},
        "steps": [{"id": "day", "do": "wait", "seconds": 86400}, {"id": "tag", "do": "add_tag", "tag": "Welcomed"}]})
    made.switch_on()
    db.session.commit()
    return made


def inside(person) -> list:
    return db.session.scalars(select(Enrollment.state).where(Enrollment.person_id == person.id,
                                                             Enrollment.state.in_(("active", "waiting")))).all()


@pytest.mark.parametrize("policy", ["once", "always"])
def test_a_way_through_a_playbook_moves_along_and_is_never_doubled(ana, double, policy):
    with frozen(AT) as forward:
        plan(policy=policy)
        double.tag("New")
        db.session.commit()
        drain()
        done = both(ana, double)
        assert inside(ana) == ["waiting"] and inside(double) == []
        undo(done)
        ana.tag("New")
        db.session.commit()
        drain()
        done = both(ana, double)
        assert inside(ana) == ["waiting"] and inside(double) == []
        undo(done)
        db.session.commit()
        assert inside(ana) == inside(double) == ["waiting"]
        both(ana, double)
        forward(days=2)
        drain()
        db.session.expire_all()
        assert "Welcomed" in [tag.name for tag in ana.tags] and inside(ana) == []


def test_suggestions_come_from_whoever_shares_an_id(account, app, tmp_path):
    one = meet(PersonRef(email="cy@x.example", name="Cy", phone="+351 912 345 678"), "whop")
    two = meet(PersonRef(whop_user="user_cy", name="Cyrus"), "whop")
    meet(PersonRef(email="cy@x.example", whop_user="user_cy"), "whop")
    file = tmp_path / "people.csv"
    file.write_text("member_id,email,phone\nm9,other@x.example,+351912345678\n")
    db.session.commit()
    meet(PersonRef(phone="+351912345678"), "whop")
    db.session.commit()
    assert app.test_cli_runner().invoke(args=["import", "people", str(file), "--account", "harbor"]).exit_code == 0
    db.session.expire_all()
    reasons = {one.reason for one in open_suggestions()}
    assert "same whop user" in reasons and "same phone" in reasons
    [mine] = open_suggestions(two)
    assert (mine.person, mine.other) == (two, one)
    done = merge(one, two)
    assert two not in {side for found in open_suggestions() for side in (found.person, found.other)}
    undo(done)
    assert open_suggestions(two)


def test_the_preview_says_what_would_become(ana, double):
    preview = Preview(ana, double)
    lines = {line.label: line for line in preview.lines}
    assert lines["Name"].open and not lines["Phone"].open and lines["Shoe size"].mine == 38
    moving = dict(preview.moving)
    assert (moving["Payments"], moving["Memberships"], moving["Tags"]) == (1, 1, 1)


def test_the_screens_lead_through_and_back(desk, ana, double, htmx):
    page = desk.get(f"/people/{ana.public_id}")
    assert f"/people/{ana.public_id}/merges" in page.text
    found = desk.get(f"/people/{ana.public_id}/merges?q=lima")
    assert "ana.lima@y.example" in found.text
    preview = desk.get(f"/people/{ana.public_id}/merges?other={double.public_id}")
    assert "Merge the two" in preview.text and 'name="choice.name"' in preview.text
    answer = desk.post(f"/people/{ana.public_id}/merges", data={"other": double.public_id, "choice.name": "gone"})
    assert answer.status_code == 303
    shown = desk.get(f"/people/{ana.public_id}").text
    assert "Merged with Ana Lima" in shown and "Undo the merge" in shown and "is part of this entry now" in shown
    gone = desk.get(f"/people/{double.public_id}")
    assert gone.status_code == 301 and gone.headers["Cache-Control"] == "no-store"
    assert "Ana Lima" in desk.get("/merges").text
    done = db.session.scalar(select(Merge))
    assert done.by.email == "olu@harbor.test"
    back = desk.post(f"/people/{ana.public_id}/merges/{done.public_id}/removal")
    assert back.status_code == 303 and desk.get(f"/people/{double.public_id}").status_code == 200
    refused = desk.post(f"/people/{ana.public_id}/merges", data={"other": ana.public_id})
    assert refused.status_code == 422 and "somebody else" in refused.text


def test_suggestions_are_dismissed_and_brought_back(desk, account, htmx):
    one = meet(PersonRef(email="cy@x.example", name="Cy"), "whop")
    two = meet(PersonRef(whop_user="user_cy", name="Cyrus"), "whop")
    meet(PersonRef(email="cy@x.example", whop_user="user_cy"), "whop")
    db.session.commit()
    assert "1 pair may be one person" in desk.get("/merge-suggestions").text
    assert "This may be Cyrus as well" in desk.get(f"/people/{one.public_id}").text
    [found] = open_suggestions(two)
    part = desk.post(f"/merge-suggestions/{found.public_id}/dismissal", headers=htmx)
    assert "No duplicates seen" in part.text and "<h1>" not in part.text
    undo_at = json.loads(part.headers["HX-Trigger"])["toast"]["undo"]
    assert "may be Cyrus" not in desk.get(f"/people/{one.public_id}").text
    assert desk.post(undo_at).status_code == 303 and open_suggestions(two)


def test_somebody_who_may_only_look_sees_no_way_to_merge(visitor_desk, ana, double):
    assert "/merges" not in visitor_desk.get(f"/people/{ana.public_id}").text
    assert visitor_desk.get(f"/people/{ana.public_id}/merges").status_code == 403


def test_erasing_the_one_who_stayed_leaves_nothing_of_either(app, account, desk, ana, double):
    double.note("Zebra-canary told me.")
    open_task(double, "Ask the zebra-canary")
    record("activity.custom", double, title="zebra-canary")
    db.session.commit()
    desk.post(f"/people/{ana.public_id}/merges", data={"other": double.public_id})
    desk.post(f"/people/{ana.public_id}/erasure")
    drain()
    held = str(everything()).lower() + str(raw("audits", "merges", "jobs"))
    for canary in ("ana@x.example", "ana.lima@y.example", "912000777", "analima", "zebra-canary", "lisbon"):
        assert canary not in held, canary
    assert sorted(row.amount for row in db.session.scalars(select(Payment))) == [4900, 9900]
    assert db.session.scalars(select(Merge)).all() == []


def raw(*names) -> str:
    tables = MetaData()
    tables.reflect(db.engine)
    with db.engine.connect() as connection:
        return repr([tuple(row) for name in names for row in connection.execute(select(tables.tables[name]))]).lower()


def test_a_long_history_moves_in_one_go(ana, double):
    from sqlalchemy import insert
    rows = [{"account_id": ana.account_id, "person_id": double.id, "kind": "activity.login", "at": AT + timedelta(
        minutes=number), "data": {}, "source": "app", "depth": 0, "public_id": f"evt_{number:020d}"}
        for number in range(6000)]
    db.session.execute(insert(Event), rows)
    db.session.commit()
    done = both(ana, double)
    assert len(done.moved["events.person_id"]) > 6000
    undo(done)
    assert db.session.scalar(select(db.func.count()).select_from(Event).where(Event.person_id == double.id)) > 6000
