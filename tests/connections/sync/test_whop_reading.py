"""Whop's lists become people, memberships and payments, page by page, whatever the server does in between."""
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.adapters.whop.hooks import EVENTS
from app.automations import Automation, Enrollment
from app.catalog import Plan, Product
from app.kit.clock import iso, now
from app.memberships import Membership, MembershipSegment
from app.payments import Payment
from app.people import Content, Person
from app.spine.db import db
from app.spine.events import Event
from tests.wire.whop_server import (
    ACCOUNT,
    SAMPLES,
    START,
    at,
    member,
    membership,
    message,
    payment,
    post,
    refund,
    usd,
)


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


def test_small_pages_and_an_empty_one_at_the_end(whop, whop_server, read):
    whop_server.per_page, whop_server.extra = 2, True
    sync = read(whop)
    assert sync.state == "done" and counts() == (5, 5, 5)
    assert [line.get("after") for line in whop_server.lines("/api/v1/members")] == [None, "cur_2", "cur_4", "cur_5"]


def test_a_list_that_leads_back_to_itself_ends(whop, whop_server, read, monkeypatch):
    listed = whop_server.paged

    def forever(rows, query):
        answer = listed(rows, query)
        return {**answer, "page_info": {**answer["page_info"], "has_next_page": True, "end_cursor": "cur_0"}}
    monkeypatch.setattr(whop_server, "paged", forever)
    assert read(whop).state == "done" and len(whop_server.lines("/api/v1/members")) == 2


def test_forum_courses_and_chat_when_the_key_allows(whop, whop_server, read):
    whop_server.lists |= {
        "/forums": [{"id": "exp_f", "experience": {"id": "exp_f", "name": "Talk", "is_public": False},
                     "who_can_post": "everyone", "who_can_comment": "everyone",
                     "email_notification_preference": "none"}],
        "/forum_posts": [post(1, _experience_id="exp_f", comment_count=2), post(2, _experience_id="exp_f",
                                                                                   is_poster_admin=True),
                         *(post(n, "post_0001", _experience_id="exp_f") for n in (3, 4))],
        "/courses": [{"id": "cors_1", "title": "Base", "created_at": at(), "updated_at": at()}],
        "/course_lessons": [{"id": "lesn_1", "title": "One", "_course_id": "cors_1", "created_at": at()}],
        "/course_lesson_interactions": [{"id": "crsli_1", "completed": True, "created_at": at(days=3),
                                         "_course_id": "cors_1", "user": {"id": "user_0001", "username": "person1"},
                                         "lesson": {"id": "lesn_1", "title": "One", "chapter": {"id": "chap_1"}}}],
        "/chat_channels": [{"id": "feed_1", "experience": {"id": "exp_c", "name": "Chat"}}],
        "/messages": [message(1, iso(now() - timedelta(days=n)), id=f"m{n}", _channel_id="feed_1")
                      for n in (30, 9, 3, 1)]}
    sync = read(whop)
    assert sync.state == "done" and [step["state"] for step in sync.steps] == ["done"] * 10
    ana = db.session.scalar(select(Person).where(Person.username == "person1"))
    told = db.session.scalars(select(Event.kind).where(Event.person_id == ana.id)).all()
    assert sorted(kind for kind in told if kind.startswith("activity.")) == [
        "activity.lesson", "activity.message", "activity.message", "activity.post"]
    assert {(row.kind, row.title) for row in db.session.scalars(select(Content))} == {
        ("course", "Base"), ("lesson", "One"), ("post", "Post 1"), ("post", "Post 2")}
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == "activity.comment")) == 2
    again = read(whop)
    assert again.total("created") == again.total("updated") == 0


def test_what_the_key_may_not_read_is_said_and_the_rest_comes_in(whop, whop_server, read):
    whop_server.rights -= {"payment:dispute:read", "forum:read", "member:email:read"}
    sync = read(whop)
    found = steps(sync)
    assert sync.state == "done" and found["disputes"]["state"] == found["forums"]["state"] == "refused"
    assert "payment:dispute:read" in found["disputes"]["note"] and "member:email:read" in found["members"]["note"]
    assert counts() == (5, 5, 5) and whop.halted_at is None


def test_an_empty_list_is_nobody_gone(whop, whop_server, read):
    read(whop)
    whop_server.quiet = {"/members", "/memberships"}
    sync = read(whop)
    note = steps(sync)["memberships"]["note"]
    assert "5 are known here" in note and "member:basic:read" in note and "Nothing was changed" in note
    assert db.session.scalars(select(Membership.status)).all() == ["active"] * 5


def test_nulls_take_nothing_away(whop, whop_server, read):
    read(whop)
    whop_server.rights -= {"member:email:read"}
    whop_server.lists["/members"][0] |= {"display_name": None, "user": None, "phone_number": None}
    read(whop)
    ana = db.session.scalar(select(Person).where(Person.username == "person1"))
    assert (ana.email, ana.name) == ("person1@example.test", "Person 1")


def test_strange_rows_stop_nothing(whop, whop_server, read):
    odd = [{**membership(7), "user_id": None, "member_id": None}, {"id": "mem_x", "status": ["?"], "user_id": "user_9"},
           {**membership(8), "renewal_price": {"amount": "free", "currency": "usd"}},
           membership(9, status="napping", something_new={"a": 1})]
    whop_server.lists["/memberships"] += odd
    sync = read(whop)
    assert sync.state == "done" and steps(sync)["memberships"]["failed"] in (2, 3)
    assert steps(sync)["memberships"]["created"] >= 6 and "mem_" in steps(sync)["memberships"]["note"]


def test_what_was_over_before_we_came_has_its_history(whop, whop_server, read):
    whop_server.lists["/memberships"] = [
        membership(1, status="canceled", canceled_at=at(days=20), current_period_end=at(days=31),
                   updated_at=at(days=31), most_recent_action="canceled_on", most_recent_action_at=at(days=31)),
        membership(2, cancel_at_period_end=True, canceled_at=at(days=9), updated_at=at(days=9))]
    read(whop)
    drawn = db.session.execute(select(MembershipSegment.status, MembershipSegment.starts_at, MembershipSegment.ends_at)
                               .order_by(MembershipSegment.membership_id, MembershipSegment.seq)).all()
    assert [(status, iso(began), iso(ended)) for status, began, ended in drawn] == [
        ("active", iso(START + timedelta(days=1)), iso(START + timedelta(days=31))),
        ("active", iso(START + timedelta(days=2)), iso(START + timedelta(days=9))),
        ("canceling", iso(START + timedelta(days=9)), None)]
    told = db.session.scalars(select(Event.kind).where(Event.kind.startswith("membership.")).order_by(Event.id)).all()
    assert told == ["membership.activated", "membership.canceled", "membership.activated",
                    "membership.cancel_scheduled"]


def test_money_back_is_counted_and_told_once(whop, whop_server, read):
    whop_server.lists["/payments"][0] = payment(1, refunded_amount=usd(49), substatus="refunded",
                                                refunded_at=at(days=41), updated_at=at(days=41))
    whop_server.lists["/refunds"] = [refund(1)]
    read(whop)
    row = db.session.scalar(select(Payment).where(Payment.external_id == "pay_0001"))
    assert (row.status, row.refunded) == ("refunded", 4900)
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == "payment.refunded")) == 1
    assert read(whop).total("updated") == 0


def test_the_sdk_reads_what_our_server_says(whop_server):
    """Whop's own classes are the judge of our server's shapes."""
    from app.adapters.whop.client import made
    whop_server.lists |= {"/refunds": [refund(1)], "/disputes": [SAMPLES["dispute.created"]["data"]],
                          "/forum_posts": [post(1, _experience_id="exp_1")],
                          "/messages": [message(1, at(), _channel_id="feed_1")]}
    sdk = made("key_1", whop_server.url)
    for list_, asked in ((sdk.members, {"account_id": ACCOUNT}), (sdk.memberships, {"account_id": ACCOUNT}),
                         (sdk.payments, {"account_id": ACCOUNT}), (sdk.refunds, {"account_id": ACCOUNT}),
                         (sdk.disputes, {"account_id": ACCOUNT}), (sdk.products, {"account_id": ACCOUNT}),
                         (sdk.variants, {"account_id": ACCOUNT}), (sdk.forum_posts, {"experience_id": "exp_1"}),
                         (sdk.messages, {"channel_id": "feed_1"})):
        assert list(list_.list(first=100, **asked)), list_
    hook = sdk.webhooks.create(url="https://ra.example.test/x", events=EVENTS, resource_id=ACCOUNT)
    assert hook.webhook_secret and [one.url for one in sdk.webhooks.list(account_id=ACCOUNT)] == [hook.url]


@pytest.mark.parametrize("trigger", ["person.created", "membership.activated", "payment.succeeded"])
def test_a_playbook_that_is_on_greets_nobody_who_was_there_before(whop, whop_server, read, trigger):
    automation = Automation.make("Hello", "custom", {"trigger": {"kind": trigger}, "steps": [
        {"id": "tag", "do": "add_tag", "tag": "Greeted"}]})
    automation.switch_on()
    db.session.commit()
    read(whop)
    assert db.session.scalar(select(func.count()).select_from(Enrollment)) == 0
    fresh = iso(now())
    whop_server.lists["/members"].append(member(6, created_at=fresh, joined_at=fresh))
    whop_server.lists["/memberships"].append(membership(6, created_at=fresh, updated_at=fresh))
    whop_server.lists["/payments"].append(payment(6, created_at=fresh, updated_at=fresh, paid_at=fresh))
    read(whop)
    assert db.session.scalar(select(func.count()).select_from(Enrollment)) == 1, "a newcomer is"
