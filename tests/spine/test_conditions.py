"""Trees: what is refused and where, what is said, what the edges mean."""
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.people import PERSON, Person
from app.segments import Segment
from app.spine.conditions import EVENT, BadCondition, canonical, digest
from app.spine.db import db
from app.spine.events import Event, record

ACTIVE = {"field": "membership_status", "op": "is", "value": "Active"}
RICH = {"field": "total_spent", "op": "gt", "value": 5000}


@pytest.fixture
def ana(account):
    ana = Person(name="Ana Émile", membership_status="active", total_spent=7900, plan_id="plan_pro_m",
                 plan_name="Pro monthly", joined_at=datetime(2026, 8, 3, 3, 30, tzinfo=UTC))
    db.session.add(ana)
    db.session.flush()
    return ana


def finds(tree, now=None):
    return [person.name for person in db.session.scalars(Person.matching(tree, now=now))]


@pytest.mark.parametrize(("tree", "path"), [
    ({"field": "shoe_size", "op": "is", "value": 1}, "condition"),
    ({"all": [ACTIVE, {"field": "total_spent", "op": "has", "value": 1}]}, "all[1]"),
    ({"all": [{"any": [{"not": {"field": "joined_at", "op": "before", "value": "soon"}}]}]}, "all[0].any[0].not"),
    ({"any": {"field": "stage"}}, ""),
    ({"all": [], "any": []}, ""),
    ({"field": "total_spent", "op": "gt", "value": "much"}, "condition"),
    ({"field": "total_spent", "op": "gt", "value": True}, "condition"),
    ({"field": "total_spent", "op": "between", "value": [2, 1]}, "condition"),
    ({"field": "tags", "op": "has_any", "value": []}, "condition"),
    ({"field": "last_active_at", "op": "in_last", "value": {"n": 3, "unit": "moons"}}, "condition"),
    ({"field": "last_active_at", "op": "in_last", "value": {"n": 1.5, "unit": "days"}}, "condition"),
    ({"field": "events", "op": "did", "value": {"event": "moon.landing"}}, "condition"),
    ({"field": "segment", "op": "is", "value": "seg_nowhere"}, "condition"),
    ({"field": "custom.", "op": "is", "value": "x"}, "condition"),
    ({"field": ["stage"], "op": "is", "value": "x"}, "condition"),
    ("everyone", ""),
])
def test_what_cannot_be_read_is_refused_with_its_place(account, tree, path):
    with pytest.raises(BadCondition) as refused:
        PERSON.check(tree)
    assert refused.value.path == path and refused.value.reason


def test_depth_and_number_are_bounded(account):
    five = ACTIVE
    for _ in range(5):
        five = {"all": [five]}
    assert PERSON.check(five)
    with pytest.raises(BadCondition, match="5 deep"):
        PERSON.check({"not": five})
    assert PERSON.check({"all": [ACTIVE] * 50})
    with pytest.raises(BadCondition, match="at most 50"):
        PERSON.check({"all": [ACTIVE] * 51})


def test_the_unknown_answers_negative_questions_only(account, ana):
    for op, value in (("is_not", "DE"), ("not_in", ["DE"]), ("is_not_set", None)):
        assert finds({"field": "country", "op": op, "value": value}) == ["Ana Émile"]
    for op, value in (("is", "DE"), ("in", ["DE"]), ("is_set", None)):
        assert finds({"field": "country", "op": op, "value": value}) == []
    assert finds({"field": "canceled_at", "op": "before", "value": "2030-01-01"}) == []
    assert finds({"not": {"field": "canceled_at", "op": "before", "value": "2030-01-01"}}) == ["Ana Émile"]


def test_days_are_the_accounts_days(account, ana):
    """03:30 UTC on 3 August is still 2 August in New York."""
    assert finds({"field": "joined_at", "op": "between", "value": ["2026-08-02", "2026-08-02"]}) == ["Ana Émile"]
    assert finds({"field": "joined_at", "op": "before", "value": "2026-08-03"}) == ["Ana Émile"]
    assert finds({"field": "joined_at", "op": "after", "value": "2026-08-02"}) == []


def test_what_rolls_rolls_to_the_microsecond(account, ana):
    last = {"field": "joined_at", "op": "in_last", "value": {"n": 30, "unit": "days"}}
    assert finds(last, now=datetime(2026, 9, 2, 3, 30, tzinfo=UTC)) == ["Ana Émile"]
    assert finds(last, now=datetime(2026, 9, 2, 3, 30, 0, 1, tzinfo=UTC)) == []
    tenure = {"field": "tenure_days", "op": "gte", "value": 30}
    assert finds(tenure, now=datetime(2026, 9, 2, 3, 30, tzinfo=UTC)) == ["Ana Émile"]
    assert finds(tenure, now=datetime(2026, 9, 2, 3, 29, tzinfo=UTC)) == []


def test_the_empty_tree_means_everyone(account, ana):
    assert finds({}) == finds({"all": []}) == ["Ana Émile"] and finds({"any": []}) == []
    assert PERSON.matches({}, ana) and not PERSON.matches({"any": []}, ana)


def test_sentences_are_english(account, ana):
    inner = Segment(name="Inner", condition=ACTIVE)
    db.session.add(inner)
    db.session.flush()
    tree = {"all": [ACTIVE, {"any": [RICH, {"field": "tags", "op": "has_any", "value": ["VIP", "Coach"]}]},
                    {"not": {"field": "joined_at", "op": "in_last", "value": {"n": 1, "unit": "month"}}},
                    {"field": "plan", "op": "is", "value": "plan_pro_m"},
                    {"op": "did", "value": {"event": "activity.lesson", "at_least": 3,
                                            "within": {"n": 2, "unit": "weeks"}}},
                    {"field": "segment", "op": "is_not", "value": inner.public_id}]}
    assert PERSON.sentence(PERSON.check(tree)) == (
        "membership is Active and (total spent is more than $50.00 or tags include any of “VIP”, “Coach”) and "
        "not joined is in the last 1 month and plan is Pro monthly and did “Completed a lesson” at least 3 times in "
        "the last 2 weeks and segment is not Inner")
    assert PERSON.sentence({}) == "everyone"


def test_a_segment_never_asks_itself(account):
    one, two = Segment(name="One", condition={}), Segment(name="Two", condition={})
    db.session.add_all([one, two])
    db.session.flush()
    two.ask({"field": "segment", "op": "is", "value": one.public_id})
    with pytest.raises(BadCondition, match="would ask itself"):
        one.ask({"not": {"field": "segment", "op": "in", "value": [two.public_id]}})
    with pytest.raises(BadCondition, match="would ask itself"):
        one.ask({"field": "segment", "op": "is", "value": one.public_id})


def test_equal_questions_have_equal_hashes():
    other = {"value": "Active", "op": "is", "field": "membership_status"}
    assert digest({"all": [ACTIVE]}) == digest({"all": [other]}) != digest({"any": [ACTIVE]})
    assert canonical(None) == canonical({}) == "{}"


def test_an_event_is_judged_by_its_data(account, ana):
    event = record("activity.lesson", ana, title="Tempo runs", value=80)
    high = {"all": [{"field": "event.kind", "op": "is", "value": "activity.lesson"},
                    {"field": "event.data.value", "op": "gte", "value": 80},
                    {"field": "event.data.title", "op": "contains", "value": "TEMPO"}]}
    assert EVENT.check(high) and EVENT.matches(high, event)
    event.data = {"value": "79.9", "title": "Tempo"}
    assert not EVENT.matches(high, event)
    with pytest.raises(BadCondition, match="cannot be asked of everybody"):
        select(Event).where(EVENT.where(high))
