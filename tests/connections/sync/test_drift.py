"""What no webhook told is found at night, put right through the facts, and listed; webhooks before and after agree."""
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.connections import Connection, Discrepancy, Sync
from app.connections.sync.jobs import nightly
from app.kit.clock import frozen, now
from app.memberships import Membership, Observation
from app.payments import Payment
from app.people import Person, erase
from app.spine.db import db, serve
from app.spine.events import Event
from app.spine.jobs import drain
from tests.wire import sign_whop
from tests.wire.whop_server import ACCOUNT, at, member, membership, payment, refund


@pytest.fixture
def night(account):
    """A day later, at twenty past four."""
    def run():
        db.session.commit()
        with frozen(now() + timedelta(days=1)):
            nightly.function()
            db.session.commit()
            drain()
        serve(account.id)
        db.session.expire_all()
        return db.session.scalar(select(Sync).order_by(Sync.id.desc()).limit(1))
    return run


def found():
    return {(row.noun, row.field, row.was, row.became) for row in db.session.scalars(select(Discrepancy))}


def test_drift_is_found_put_right_and_listed(whop, whop_server, read, night):
    read(whop)
    lists = whop_server.lists
    lists["/memberships"][0] = membership(1, status="canceled", canceled_at=at(days=45), updated_at=at(days=45),
                                          current_period_end=at(days=45))
    lists["/members"][1] |= {"email": "new@example.test"}
    lists["/members"].append(member(6))
    sync = night()
    assert (sync.kind, sync.state) == ("nightly", "done") and "courses" not in {one["name"] for one in sync.steps}
    rows = found()
    assert {("membership", "status", "active", "canceled"), ("person", "", None, "added"),
            ("person", "email", "person2@example.test", "new@example.test")} <= rows
    assert ("membership", "ended_at", None, at(days=45).replace(".000Z", "Z")) in rows
    assert {row.field for row in db.session.scalars(select(Discrepancy).where(Discrepancy.noun == "person"))} == {
        "", "email"}
    gone = db.session.scalar(select(Membership).where(Membership.external_id == "mem_0001"))
    assert gone.status == "canceled" and gone.person.stage == "former"
    before = len(db.session.scalars(select(Discrepancy)).all())
    night()
    assert len(db.session.scalars(select(Discrepancy)).all()) == before, "once put right it is no news"


def test_columns_that_strayed_are_put_right(whop, whop_server, read, night):
    read(whop)
    db.session.execute(update(Membership).where(Membership.external_id == "mem_0003")
                       .values(status="canceled", amount=1))
    night()
    db.session.execute(update(Payment).where(Payment.external_id == "pay_0002").values(amount=1))
    read(whop, "full")
    assert {("membership", "status", "canceled", "active"), ("membership", "price", "0.01 USD", "49.00 USD"),
            ("payment", "amount", "0.01 USD", "49.00 USD")} <= found()
    assert db.session.scalars(select(Membership.status)).all() == ["active"] * 5


def test_the_first_reading_lists_nothing_and_old_money_is_left_alone_at_night(whop, whop_server, read, night):
    read(whop)
    assert found() == set()
    night()
    assert "created_after" in whop_server.lines("/api/v1/payments")[-1]
    assert "created_after" not in whop_server.lines("/api/v1/memberships")[-1]


def test_no_sweep_right_after_a_reading_or_with_a_refused_key(whop, whop_server, read, night):
    read(whop)
    nightly.function()
    assert db.session.scalar(select(func.count()).select_from(Sync)) == 1
    whop.unwell("Refused.", halt=True)
    night()
    assert db.session.scalar(select(func.count()).select_from(Sync)) == 1


def test_erasing_somebody_takes_what_was_listed_of_them(whop, whop_server, read, night):
    read(whop)
    whop_server.lists["/members"][1] |= {"email": "new@example.test"}
    night()
    erase(db.session.scalar(select(Person).where(Person.email == "new@example.test")))
    db.session.commit()
    assert found() == set()


def tell(client, connection, kind, data, when, id):
    raw = json.dumps({"id": id, "api_version": "v1", "api_version_date": "2026-10-15-1", "type": kind,
                      "timestamp": when, "account_id": ACCOUNT, "data": data}).encode()
    assert client.post(connection.webhook_path, data=raw, headers=sign_whop("ws_1", id, raw)).status_code == 202


STORY = [
    ("member.created", member(1), at(days=1)), ("membership.activated", membership(1), at(days=1)),
    ("payment.succeeded", payment(1), at(days=1, minutes=2)),
    ("payment.failed", payment(2, status="open", substatus="past_due", decline_code="insufficient_funds", paid_at=None,
                               payments_failed=1, last_payment_attempt_at=at(days=2), updated_at=at(days=2)),
     at(days=2, seconds=3)),
    ("membership.updated", membership(2, status="past_due", updated_at=at(days=32)), at(days=32, seconds=1)),
    ("membership.cancel_at_period_end_changed", membership(3, cancel_at_period_end=True, canceled_at=at(days=9),
                                                           updated_at=at(days=9)), at(days=9, seconds=1)),
    ("membership.deactivated", membership(4, status="canceled", canceled_at=at(days=20), current_period_end=at(days=60),
                                          updated_at=at(days=30)), at(days=30, seconds=2)),
    ("refund.created", refund(1, status="pending"), at(days=41)), ("refund.updated", refund(1), at(days=41, minutes=1)),
]


def books():
    """Everything that follows, without the moments at which we wrote it."""
    rows = {"people": select(Person.email, Person.stage, Person.membership_status, Person.total_spent),
            "memberships": select(Membership.external_id, Membership.status, Membership.amount, Membership.started_at,
                                  Membership.ended_at, Membership.canceled_at),
            "payments": select(Payment.external_id, Payment.status, Payment.amount, Payment.refunded,
                               Payment.attempts_count, Payment.paid_at, Payment.failed_at),
            "events": select(Event.kind, Event.at).where(Event.kind.startswith("membership.")
                                                         | Event.kind.startswith("payment."))}
    return {name: sorted(map(str, db.session.execute(query).all())) for name, query in rows.items()}


@pytest.mark.parametrize("first", ["webhooks", "reading"])
def test_webhooks_and_readings_agree_in_either_order(account, client, whop_server, read, first):
    made = Connection.add("whop", account.id, api_key="key_1", webhook_secret="ws_1", external_account=ACCOUNT)
    db.session.commit()
    whop_server.lists |= {"/members": [member(1)], "/refunds": [refund(1)],
                          "/memberships": [data for kind, data, _ in STORY if kind.startswith("membership.")],
                          "/payments": [data for kind, data, _ in STORY if kind.startswith("payment.")]}

    def webhooks():
        for number, (kind, data, when) in enumerate(STORY):
            tell(client, made, kind, data, when, f"msg_{number}")
        drain()
        serve(account.id)
    one, other = (webhooks, lambda: read(made)) if first == "webhooks" else (lambda: read(made), webhooks)
    one()
    db.session.expire_all()
    before, observed = books(), db.session.scalar(select(func.count()).select_from(Observation))
    other()
    db.session.expire_all()
    assert books() == before
    assert db.session.scalar(select(func.count()).select_from(Observation)) == observed == 4
    assert read(made).total("updated") == 0
