"""SQL and Python give one answer: awkward people, random trees of every field and operator."""
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.accounts import Seat, User
from app.people import PERSON, Person
from app.segments import Segment
from app.spine.conditions import KINDS
from app.spine.db import across_accounts, as_account, db
from app.spine.events import record

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
WORDS = ["Ana", "ANA", "ana%", "a_b", "Émile", "straße", "STRASSE", "İpek", "ß", "\\", "100%", "", " ", "'; --", "Ω",
         "ﬁn"]
MOMENTS = [None, NOW, NOW - timedelta(days=30), NOW - timedelta(days=30, microseconds=1), NOW - timedelta(days=29.5),
           NOW + timedelta(days=3), datetime(2026, 8, 3, tzinfo=UTC), datetime(2026, 8, 3, 3, 59, 59, 999999, UTC),
           datetime(2026, 8, 3, 4, tzinfo=UTC), datetime(2026, 8, 4, 4, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC),
           datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)]
NUMBERS = [0, 1, 5, 6, -1, 4900, 2_147_483_647]
FREE = [None, "", "12", 12, 12.5, "12.5", "XL", "xl ", "2026-08-03", "2026-08-03T04:00:00Z", True, False, "0.1", 0.1,
        "１２", "1e3", "nan", "-7", "007"]
KEYS = ["custom.size", "custom.größe", "custom.never_seen"]
EVENTS = ["activity.lesson", "activity.post", "activity.*", "note.added"]


def pick(values, i, step):
    return values[i * step % len(values)]


@pytest.fixture
def crowd(account, other_account):
    """Sixty people with every boundary somewhere; a foreign one who would answer everything."""
    account.timezone = "America/New_York"
    with across_accounts():
        olu = User(email="olu@harbor.test", public_id="usr_olu",
                   seats=[Seat(account_id=account.id, role="company_user")])
        db.session.add(olu)
        db.session.flush()
    for i in range(60):
        person = Person(
            name=pick(WORDS, i, 1) or None, email=pick([None, "ana@x.example", "Ana@X.example", "b%@x"], i, 3),
            username=pick(WORDS, i, 5), phone=pick([None, "+491234"], i, 1), country=pick([None, "DE", "US"], i, 2),
            stage=pick(["lead", "member", "former"], i, 1), staff=i % 7 == 0,
            membership_status=pick([None, "active", "past_due", "canceled"], i, 3),
            plan_id=pick([None, "plan_A", "plan_a"], i, 5), product_id=pick([None, "prod"], i, 1),
            lead_status=pick([None, "new"], i, 3), lead_source=pick([None, "ad", "Ad"], i, 7),
            risk_level=pick([None, "LOW", "HIGH"], i, 11), risk_score=pick([None, *range(0, 100, 9)], i, 1),
            engagement_score=pick([None, 0, 5, 100], i, 1), total_spent=pick(NUMBERS, i, 3),
            payments_count=pick([0, 1, 5], i, 2), forum_posts=pick([0, 6], i, 1), forum_comments=pick([0, 5], i, 3),
            assigned_to=pick([None, olu.id], i, 1), cancel_reason=pick([None, "ad", "too dear"], i, 5),
            first_payment_at=pick(MOMENTS, i, 9), created_at=pick(MOMENTS[1:], i, 7),
            lessons_completed=pick([0, 5, 6], i, 7),
            joined_at=pick(MOMENTS, i, 1), canceled_at=pick(MOMENTS, i, 5), last_active_at=pick(MOMENTS, i, 7),
            last_payment_at=pick(MOMENTS, i, 11), renews_at=pick(MOMENTS, i, 3),
            custom={key: value for key, value in (("size", pick(FREE, i, 1)), ("größe", pick(FREE, i, 7)))
                    if value is not None})
        db.session.add(person)
        db.session.flush()
        for tag in [["VIP"], [], ["vip", "Straße"], ["100%"]][i % 4]:
            person.tag(tag)
        for j in range(i % 5):
            record(pick(EVENTS[:2], i + j, 1), person, at=pick(MOMENTS[1:], i + j, 1))
    db.session.add(Segment(name="Inner", condition={"not": {"field": "stage", "op": "is", "value": "lead"}}))
    db.session.flush()
    with as_account(other_account.id):
        other = Person(name="Ana", stage="member", membership_status="active", total_spent=4900, joined_at=NOW)
        db.session.add(other)
        db.session.flush()
        other.tag("VIP")
        record("activity.lesson", other, at=NOW)
    db.session.commit()
    return list(db.session.scalars(select(Person)))


dates = st.sampled_from(["2026-08-03", "2026-11-01", "2024-02-29", "2026-08-03T04:00:00Z", "2026-11-01T12:00:00+00:00"])
numbers = st.sampled_from([*NUMBERS, 5.5, -0.5, "12", "12.5", 0.1, 4899.999, 2 ** 40])
texts = st.sampled_from([word for word in WORDS if word.strip()] + ["ana@x.example", "+491234", "12", "xl", "yes"])
choices = st.sampled_from(["active", "Past Due", "member", "lead", "plan_a", "plan_A", "HIGH", "de", "new", "ad",
                           "usr_olu"])
spans = st.builds(lambda n, unit: {"n": n, "unit": unit}, st.sampled_from([1, 30, 36]),
                  st.sampled_from(["days", "weeks", "months", "hours"]))
deeds = st.builds(lambda event, times, within: {"event": event, **times, **within}, st.sampled_from(EVENTS),
                  st.sampled_from([{}, {"at_least": 1}, {"at_least": 3}]),
                  st.one_of(st.just({}), st.builds(lambda span: {"within": span}, spans)))
VALUES = {"choice": choices, "text": texts, "number": numbers, "money": numbers, "days": numbers, "date": dates,
          "bool": st.booleans(), "tags": st.sampled_from(["VIP", "vip", "STRASSE", "100%", "none such"])}


def ordered(draw, values, key):
    return sorted((draw(values), draw(values)), key=key)


@st.composite
def leaves(draw, segment, name=None):
    name = name or draw(st.sampled_from([field.name for field in PERSON.fields()] + KEYS))
    kind = PERSON[name].kind
    op = draw(st.sampled_from(sorted(KINDS[kind])))
    if kind == "free":
        kind = draw(st.sampled_from(["text", "number"])) if op in ("is", "is_not", "in", "not_in") else (
            "date" if op in ("before", "after") else "number" if op != "contains" else "text")
        kind = draw(st.sampled_from(["number", "date"])) if op == "between" else kind
    takes = KINDS[PERSON[name].kind][op].takes
    if takes == "nothing":
        return {"field": name, "op": op}
    if kind == "deeds":
        return {"field": name, "op": op, "value": draw(deeds)}
    values = st.just(segment) if kind == "segment" else VALUES[kind]
    value = {"one": lambda: draw(values), "many": lambda: draw(st.lists(values, min_size=1, max_size=3)),
             "two": lambda: ordered(draw, values, (lambda d: d[:10]) if kind == "date" else (lambda n: float(n))),
             "last": lambda: draw(spans), "next": lambda: draw(spans)}[takes]()
    if takes == "two" and kind == "date" and value[0][:10] == value[1][:10]:
        value = [value[0][:10], value[1][:10]]
    return {"field": name, "op": op, "value": value}


def trees(segment):
    return st.recursive(leaves(segment), lambda parts: st.one_of(
        st.lists(parts, max_size=4).map(lambda p: {"all": p}), st.lists(parts, max_size=4).map(lambda p: {"any": p}),
        parts.map(lambda p: {"not": p})), max_leaves=8)


def deep(tree) -> int:
    inside = tree.get("all") or tree.get("any") or ([tree["not"]] if "not" in tree else [])
    return (1 if {"all", "any", "not"} & tree.keys() else 0) + max(map(deep, inside), default=0)


def found(tree):
    return set(db.session.scalars(select(Person.id).where(PERSON.where(tree, now=NOW))))


def test_sql_and_python_agree_on_any_tree(crowd):
    segment = db.session.scalar(select(Segment.public_id))
    ids = {person.id for person in crowd}

    @settings(max_examples=150, deadline=None, database=None, derandomize=True,
              suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(trees(segment).filter(lambda tree: deep(tree) <= 5))
    def agree(tree):
        PERSON.check(tree)
        assert PERSON.sentence(tree)
        asked = found(tree)
        assert asked == {person.id for person in crowd if PERSON.matches(tree, person, now=NOW)}
        assert asked <= ids
        counted = db.session.scalar(select(func.count()).select_from(Person).where(PERSON.where(tree, now=NOW)))
        assert counted == len(asked)
        assert found({"not": tree}) == ids - asked if deep(tree) < 5 else True

    agree()


@pytest.mark.parametrize("name", [field.name for field in PERSON.fields()] + KEYS)
def test_every_field_and_operator_agrees_by_itself(crowd, name):
    segment = db.session.scalar(select(Segment.public_id))
    seen = set()

    @settings(max_examples=40, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(leaves(segment, name))
    def agree(leaf):
        seen.add(leaf["op"])
        assert found(leaf) == {person.id for person in crowd if PERSON.matches(leaf, person, now=NOW)}

    agree()
    assert seen
