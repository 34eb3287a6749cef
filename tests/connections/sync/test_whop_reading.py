"""Whop's lists become people, memberships and payments, page by page, whatever the server does in between."""
from sqlalchemy import func, select

from app.catalog import Plan, Product
from app.memberships import Membership
from app.payments import Payment
from app.people import Person
from app.spine.db import db
from app.spine.events import Event
from tests.wire.whop_server import ACCOUNT, at, member, membership, message, payment, post, refund


def counts():
    return tuple(db.session.scalar(select(func.count()).select_from(model)) for model in (Person, Membership, Payment))


def steps(sync):
    return {step["name"]: step for step in sync.steps}


def test_everything_comes_in(whop, whop_server, read):
    sync = read(whop)
    assert (sync.state, sync.kind, counts()) == ("done", "first", (5, 5, 5))
    ana = db.session.scalar(select(Person).where(Person.email == "person1@example.test"))
    assert (ana.membership_status, ana.plan_name, ana.total_spent, ana.stage) == ("active", "Monthly", 4900, "member")
    plan = db.session.scalar(select(Plan))
    assert (plan.name, plan.amount, plan.interval, plan.product.name) == ("Monthly", 4900, "month", "Club")
    assert db.session.scalar(select(func.count()).select_from(Product)) == 1
    assert steps(sync)["members"]["created"] == 5 and steps(sync)["payments"]["seen"] == 5
    assert whop_server.lines("/api/v1/members")[0] == {
        "account_id": ACCOUNT, "order": "created_at", "direction": "asc", "first": "100"}


def test_again_changes_nothing(whop, whop_server, read):
    read(whop)
    events = db.session.scalar(select(func.count()).select_from(Event))
    again = read(whop)
    assert (again.kind, again.state, counts()) == ("full", "done", (5, 5, 5))
    assert db.session.scalar(select(func.count()).select_from(Event)) == events
    assert again.total("created") == again.total("updated") == again.total("failed") == 0
    assert again.total("unchanged") == again.total("seen") == 17
