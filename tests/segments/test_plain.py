"""Plain English as a condition: what it is taken for, and what it says it did not understand."""
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts import User
from app.people import PERSON, CustomField, Person
from app.segments import Segment
from app.segments.plain import read
from app.spine.db import db


def leaf(field, op, value=None):
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


def last(n, unit="days"):
    return {"n": n, "unit": unit}


ACTIVE = leaf("membership_status", "is", "active")
MEMBER = leaf("stage", "is", "member")
SAID = {
    "active members who joined in the last 30 days and spent over $500":
        [ACTIVE, leaf("joined_at", "in_last", last(30)), leaf("total_spent", "gt", 50000)],
    "Active members": [ACTIVE],
    "members": [MEMBER],
    "leads": [leaf("stage", "is", "lead")],
    "churned": [leaf("stage", "is", "former")],
    "former members": [leaf("stage", "is", "former")],
    "qualified leads": [leaf("lead_status", "is", "qualified")],
    "active or trialing members": [leaf("membership_status", "in", ["active", "trialing"])],
    "past due customers": [leaf("membership_status", "is", "past_due")],
    "people on a free trial": [leaf("membership_status", "is", "trialing")],
    "not active": [leaf("membership_status", "is_not", "active")],
    "people who spent at least 1,200 dollars": [leaf("total_spent", "gte", 120000)],
    "spent $1.5k+": [leaf("total_spent", "gte", 150000)],
    "spent less than €20": [leaf("total_spent", "lt", 2000)],
    "spent between $10 and $20": [leaf("total_spent", "between", [1000, 2000])],
    "lifetime value of more than 300": [leaf("total_spent", "gt", 30000)],
    "never paid": [leaf("payments_count", "is", 0)],
    "big spenders": [leaf("total_spent", "gt", 50000)],
    "with at least 3 payments": [leaf("payments_count", "gte", 3)],
    "more than five posts": [leaf("forum_posts", "gt", 5)],
    "10+ comments": [leaf("forum_comments", "gte", 10)],
    "completed at least 3 lessons": [leaf("lessons_completed", "gte", 3)],
    "no posts": [leaf("forum_posts", "is", 0)],
    "joined last week": [leaf("joined_at", "in_last", last(1, "weeks"))],
    "joined within two weeks": [leaf("joined_at", "in_last", last(2, "weeks"))],
    "joined more than 6 months ago": [leaf("tenure_days", "gte", 180)],
    "members for over a year": [leaf("tenure_days", "gte", 365)],
    "joined in March 2026": [leaf("joined_at", "between", ["2026-03-01", "2026-03-31"])],
    "joined in december": [leaf("joined_at", "between", ["2025-12-01", "2025-12-31"])],
    "joined before 2026-02-01": [leaf("joined_at", "before", "2026-02-01")],
    "joined since January 5": [leaf("joined_at", "between", ["2026-01-05", "2026-08-03"])],
    "joined between 2026-01-01 and 2026-01-31": [leaf("joined_at", "between", ["2026-01-01", "2026-01-31"])],
    "joined this month": [leaf("joined_at", "between", ["2026-08-01", "2026-08-03"])],
    "canceled yesterday": [leaf("canceled_at", "between", ["2026-08-02", "2026-08-02"])],
    "haven't been active for 30 days": [leaf("last_active_at", "not_in_last", last(30))],
    "not seen in the last 2 weeks": [leaf("last_active_at", "not_in_last", last(2, "weeks"))],
    "inactive for 45 days": [leaf("last_active_at", "not_in_last", last(45))],
    "didn't pay in the past month": [leaf("last_payment_at", "not_in_last", last(1, "months"))],
    "never logged in": [leaf("last_active_at", "is_not_set")],
    "renewing in the next 3 days": [leaf("renews_at", "in_next", last(3))],
    "failed payment in the last 7 days": [leaf("events", "did", {"event": "payment.failed", "within": last(7)})],
    "posted at least 3 times in the last 30 days":
        [leaf("events", "did", {"event": "activity.post", "at_least": 3, "within": last(30)})],
    "commented more than twice": [leaf("events", "did", {"event": "activity.comment", "at_least": 3})],
    "haven't posted in the last 30 days": [leaf("events", "did_not", {"event": "activity.post", "within": last(30)})],
    "at risk": [leaf("risk_level", "in", ["HIGH", "CRITICAL"])],
    "high risk members": [leaf("risk_level", "is", "HIGH"), MEMBER],
    "engagement above 70": [leaf("engagement_score", "gt", 70)],
    "tagged VIP": [leaf("tags", "has", "VIP")],
    "tagged big fan": [leaf("tags", "has", "Big fan")],
    "VIPs": [leaf("tags", "has", "VIP")],
    "tagged VIP or Beta": [leaf("tags", "has_any", ["VIP", "Beta"])],
    "members without the tag beta": [MEMBER, leaf("tags", "has_none", ["Beta"])],
    "on the pro monthly plan": [leaf("plan", "is", "plan_pro")],
    "not on pro monthly": [leaf("plan", "is_not", "plan_pro")],
    "from portugal": [leaf("country", "is", "PT")],
    "not in the united states": [leaf("country", "is_not", "US")],
    "email contains gmail": [leaf("email", "contains", "gmail")],
    "without a phone number": [leaf("phone", "is_not_set")],
    "named ana": [leaf("name", "contains", "ana")],
    "unassigned": [leaf("assigned_to", "is_not_set")],
    "goal is novel": [leaf("custom.goal", "is", "novel")],
    "books over 3": [leaf("custom.books", "gt", 3)],
}


@pytest.fixture
def shop(account, desk, time_machine):
    time_machine.move_to(datetime(2026, 8, 3, 14, tzinfo=UTC), tick=False)
    ana = Person(name="Ana", plan_id="plan_pro", plan_name="Pro monthly", custom={"goal": "novel", "books": 4})
    db.session.add(ana)
    db.session.flush()
    for tag in ("VIP", "Big fan", "Beta"):
        ana.tag(tag)
    CustomField.seen("goal", "novel")
    CustomField.seen("books", 4)
    quiet = Segment(name="Quiet ones", condition={"all": [leaf("last_active_at", "is_not_set")]})
    db.session.add(quiet)
    db.session.commit()
    return quiet


@pytest.mark.parametrize("sentence", SAID)
def test_what_it_is_taken_for(shop, sentence):
    reading = read(sentence)
    assert reading.tree == {"all": SAID[sentence]}, reading
    assert reading.unread == []
    PERSON.check(reading.tree)


def test_segments_and_teammates_by_name(shop, desk):
    olu = db.session.get(User, desk.user_id)
    assert read("in the segment quiet ones").tree == {"all": [leaf("segment", "is", shop.public_id)]}
    assert read("not in quiet ones").tree == {"all": [leaf("segment", "not_in", [shop.public_id])]}
    assert read("assigned to olu").tree == {"all": [leaf("assigned_to", "is", olu.public_id)]}


def test_or_parts_the_sentence_and_binds_looser_than_and(shop):
    reading = read("active members who spent over $500 or leads tagged VIP")
    assert reading.tree == {"any": [{"all": [ACTIVE, leaf("total_spent", "gt", 50000)]},
                                    {"all": [leaf("stage", "is", "lead"), leaf("tags", "has", "VIP")]}]}


def test_it_says_what_it_did_not_understand(shop):
    reading = read("Active members with blue eyes who like sailing and spent over $500!")
    assert reading.tree == {"all": [ACTIVE, leaf("total_spent", "gt", 50000)]}
    assert reading.unread == ["blue eyes like sailing"] or reading.unread == ["blue eyes", "like sailing"]
    assert read("colourless green ideas").tree == {} and read("").unread == []
    assert read("not blue").unread == ["not blue"]


def test_what_nobody_has_is_not_guessed(shop):
    assert read("on the platinum plan").tree == {} and "platinum" in read("on the platinum plan").unread[0]


def test_no_sentence_breaks_it_and_every_tree_can_be_asked(shop):
    words = "active members joined in the last 30 days or and not spent over $500 tagged VIP between 5 , ( ) '".split()

    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=120) | st.lists(st.sampled_from(words), max_size=20).map(" ".join))
    def never(sentence):
        PERSON.check(read(sentence).tree)

    never()
