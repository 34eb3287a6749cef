"""A membership is what all observations add up to, in whatever order they came."""
import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.memberships import Membership, MembershipSegment
from app.people import Person
from app.spine.db import db
from app.spine.events import Event
from app.spine.facts import MembershipFact, PersonRef, PlanRef, absorb

MIRA = PersonRef(email="mira@example.test", whop_user="user_Mira")
CLUB = PlanRef("plan_club", "Club", "prod_1", "Harbor", 4900, "USD", "month")
CIRCLE = PlanRef("plan_circle", "Circle", "prod_1", "Harbor", 14900, "USD", "month")


def day(number, month=3):
    return datetime(2026, month, number, 9, tzinfo=UTC)


def fact(status, at, plan=CLUB, **more):
    more.setdefault("started_at", day(1))
    return MembershipFact(MIRA, "mem_1", status, at, plan, plan.amount, "USD", **more)


STORY = (fact("active", day(1)), fact("past_due", day(5)), fact("active", day(7)),
         fact("canceled", day(20), ended_at=day(20)))


def state():
    db.session.commit()
    db.session.expire_all()
    membership = db.session.scalar(select(Membership))
    segments = db.session.scalars(select(MembershipSegment).order_by(MembershipSegment.starts_at)).all()
    events = db.session.scalars(select(Event).where(Event.source == "memberships").order_by(Event.at, Event.kind)).all()
    person = db.session.scalar(select(Person))
    return (membership.status, membership.started_at, membership.canceled_at, membership.ended_at,
            [(s.status, s.starts_at, s.ends_at, s.amount) for s in segments],
            [(e.kind, e.at) for e in events], person.stage, person.membership_status, person.plan_name)


def absorb_all(facts):
    for one in facts:
        absorb(one, "whop")


@pytest.mark.parametrize("order", range(24))
def test_all_orders_end_the_same(account, order):
    absorb_all(list(itertools.permutations(STORY))[order])
    assert state() == (
        "canceled", day(1), day(20), day(20),
        [("active", day(1), day(5), 4900), ("past_due", day(5), day(7), 4900), ("active", day(7), day(20), 4900)],
        [("membership.activated", day(1)), ("membership.past_due", day(5)), ("membership.canceled", day(20))],
        "former", "canceled", "Club")


def test_twice_is_once(account):
    absorb_all(STORY)
    before = state()
    absorb_all(STORY)
    assert state() == before


def test_a_better_plan_is_a_change_not_a_departure(account):
    absorb_all([fact("active", day(1)), fact("active", day(15), CIRCLE)])
    _, _, _, _, segments, events, *_ = state()
    assert segments == [("active", day(1), day(15), 4900), ("active", day(15), None, 14900)]
    assert [kind for kind, _ in events] == ["membership.activated", "membership.plan_changed"]
    changed = db.session.scalar(select(Event).where(Event.kind == "membership.plan_changed"))
    assert changed.data["direction"] == "up" and changed.data["previous"] == "Club"


def test_changing_ones_mind_is_told(account):
    absorb_all([fact("active", day(1)), fact("canceling", day(5), cancel_reason="too_expensive"),
                fact("active", day(6))])
    kinds = [kind for kind, _ in state()[5]]
    assert kinds == ["membership.activated", "membership.cancel_scheduled", "membership.cancel_withdrawn"]


def test_a_trial_that_pays_joins_once(account):
    absorb_all([fact("trialing", day(1)), fact("active", day(8)), fact("active", day(9), period_end=day(8, 4))])
    kinds = [kind for kind, _ in state()[5]]
    assert kinds == ["membership.trialing", "membership.activated"]


def test_the_best_membership_speaks_for_the_person(account):
    absorb_all(STORY)
    absorb(MembershipFact(MIRA, "mem_2", "active", day(25), CIRCLE, 14900, "USD", started_at=day(25)), "whop")
    person = db.session.scalar(select(Person))
    assert (person.stage, person.membership_status, person.plan_name) == ("member", "active", "Circle")
    assert person.joined_at == day(1) and person.canceled_at is None
