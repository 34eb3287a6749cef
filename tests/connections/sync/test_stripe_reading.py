"""Stripe's lists become the very same books as its events."""
import pytest
from sqlalchemy import func, select

from app.catalog import Plan
from app.connections import Connection, Discrepancy
from app.memberships import Membership, Observation
from app.payments import Payment
from app.people import Person
from app.spine.db import db, serve
from app.spine.events import Event
from app.spine.jobs import drain
from tests.wire import sign_stripe
from tests.wire.stripe_events import AT, PRICE, charge, event, intent, invoice, resource, subscription
from tests.wire.stripe_server import LISTS, OBJECTS, StripeServer, check, customer, unknown_fields

DAY = 86400
BEGAN = AT - 400 * DAY                # in the past of whenever the tests run


def past(row):
    """The same object long ago: every moment of AT's time moved."""
    if isinstance(row, dict):
        return {name: past(value) for name, value in row.items()}
    if isinstance(row, list):
        return [past(one) for one in row]
    return row - 400 * DAY if isinstance(row, int) and AT - 500 * DAY < row < AT + 500 * DAY else row


@pytest.fixture
def server(app, monkeypatch):
    with StripeServer() as made:
        monkeypatch.setitem(app.config, "STRIPE_API_BASE", made.url)
        made.lists = {
            "products": [resource("customer", id="prod_club", object="product", name="Club", updated=BEGAN)],
            "prices": [{**PRICE, "created": BEGAN, "active": True}],
            "customers": [customer(2, id="cus_bo"), customer(1, id="cus_ana")],
            "subscriptions": [past(subscription(latest_invoice="in_1", created=AT)),
                              past(subscription(id="sub_over", customer="cus_bo", status="canceled", created=AT,
                                                canceled_at=AT + 40 * DAY, ended_at=AT + 60 * DAY))],
            "invoices": [past(invoice(created=AT)),
                         past(invoice(id="in_2", customer="cus_bo", paid=False, created=AT, attempt_count=1,
                                      status_transitions={"paid_at": None, "finalized_at": AT},
                                      payments={"data": [{"payment": {"type": "payment_intent",
                                                                      "payment_intent": "pi_2"}}]}))],
            "charges": [past(charge(created=AT + 5)),
                        past(charge(id="ch_2", payment_intent="pi_2", customer="cus_bo", status="failed",
                                    captured=False, amount_captured=0, created=AT + 6, failure_code="card_declined",
                                    outcome={"reason": "insufficient_funds"}))],
            "payment_intents": [past(intent(created=AT + 1))], "refunds": [], "disputes": []}
        yield made


@pytest.fixture
def stripe(account):
    made = Connection.add("stripe", account.id, "Stripe", api_key="key_1", webhook_secret="whsec_1")
    db.session.commit()
    return made


def books():
    rows = {"people": select(Person.email, Person.stage, Person.membership_status, Person.total_spent),
            "memberships": select(Membership.external_id, Membership.status, Membership.amount, Membership.started_at,
                                  Membership.ended_at),
            "payments": select(Payment.status, Payment.amount, Payment.refunded, Payment.attempts_count, Payment.lost,
                               Payment.failure_code, Payment.membership_ref),
            "events": select(Event.kind).where(Event.kind.startswith("membership.")
                                               | Event.kind.startswith("payment."))}
    db.session.expire_all()
    return {name: sorted(map(str, db.session.execute(query).all())) for name, query in rows.items()}


def test_everything_comes_in(stripe, server, read):
    sync = read(stripe)
    assert sync.state == "done" and sync.total("failed") == 0, sync.steps
    ana = db.session.scalar(select(Person).where(Person.email == "person1@example.test"))
    assert (ana.membership_status, ana.plan_name, ana.total_spent) == ("active", "Club monthly", 4900)
    found = {row.external_id: row for row in db.session.scalars(select(Payment))}
    assert set(found) == {"in_1", "in_2"}, "invoice, intent and charge are one payment"
    failed = found["in_2"]
    assert (failed.status, failed.failure_code, failed.attempts_count) == ("failed", "insufficient_funds", 1)
    assert failed.next_attempt_at and failed.recovery_url and failed.membership_ref == "sub_club"
    assert db.session.scalar(select(Plan.amount)) == 4900 and found["in_1"].membership_ref == "sub_club"
    over = db.session.scalar(select(Membership).where(Membership.external_id == "sub_over"))
    assert over.status == "canceled" and over.ended_at and over.person.stage == "former"


def test_again_changes_nothing(stripe, server, read):
    read(stripe)
    before, observed = books(), db.session.scalar(select(func.count()).select_from(Observation))
    again = read(stripe)
    assert books() == before and again.total("created") == again.total("updated") == 0
    assert db.session.scalar(select(func.count()).select_from(Observation)) == observed == 2
    assert db.session.scalar(select(func.count()).select_from(Discrepancy)) == 0


def test_small_pages(stripe, server, read):
    server.per_page = 1
    assert read(stripe).state == "done"
    assert [line.get("starting_after") for line in server.lines("/v1/customers")] == [None, "cus_bo"]
    assert len(books()["people"]) == 2


@pytest.mark.parametrize("first", ["webhooks", "reading"])
def test_webhooks_and_readings_agree_in_either_order(account, client, stripe, server, read, first):
    lists = server.lists
    told = [("customer.created", lists["customers"][0], BEGAN), ("customer.created", lists["customers"][1], BEGAN),
            ("customer.subscription.created", lists["subscriptions"][0], BEGAN),
            ("customer.subscription.created", past(subscription(id="sub_over", customer="cus_bo", created=AT)), BEGAN),
            ("customer.subscription.deleted", lists["subscriptions"][1], BEGAN + 60 * DAY),
            ("invoice.paid", lists["invoices"][0], BEGAN + 6), ("charge.succeeded", lists["charges"][0], BEGAN + 5),
            ("payment_intent.succeeded", lists["payment_intents"][0], BEGAN + 6),
            ("invoice.payment_failed", lists["invoices"][1], BEGAN + 7),
            ("charge.failed", lists["charges"][1], BEGAN + 7)]

    def webhooks():
        import json
        for number, (kind, data, created) in enumerate(told):
            raw = json.dumps(event(kind, data, created=created, id=f"evt_{number}")).encode()
            answer = client.post(stripe.webhook_path, data=raw, headers=sign_stripe("whsec_1", raw))
            assert answer.status_code == 202
        drain()
        serve(account.id)
    one, other = (webhooks, lambda: read(stripe)) if first == "webhooks" else (lambda: read(stripe), webhooks)
    one()
    before = books()
    other()
    assert books() == before
    assert read(stripe).total("updated") == 0


def test_a_refund_and_a_dispute_found_later(stripe, server, read):
    read(stripe)
    refund = past(resource("refund", id="re_1", charge="ch_1", payment_intent="pi_1", amount=900, created=AT + DAY))
    dispute = past(resource("dispute", id="dp_1", charge="ch_1", payment_intent="pi_1", amount=4000, created=AT + DAY,
                            status="needs_response"))
    server.lists["charges"][0] |= {"amount_refunded": 900}
    server.lists |= {"refunds": [refund], "disputes": [dispute]}
    read(stripe)
    paid = db.session.scalar(select(Payment).where(Payment.external_id == "in_1"))
    assert (paid.status, paid.refunded) == ("disputed", 900)
    dispute["status"] = "lost"
    refund["status"] = "failed"
    read(stripe)
    assert (paid.status, paid.refunded, paid.lost) == ("disputed", 0, 4000)
    assert ("status", "partially_refunded", "disputed") in {(row.field, row.was, row.became)
                                              for row in db.session.scalars(select(Discrepancy))}
    assert read(stripe).total("updated") == 0


def test_a_restricted_key(stripe, server, read):
    server.forbidden = {"disputes", "products"}
    sync = read(stripe)
    assert sync.state == "done"
    assert {step["name"]: step["note"] for step in sync.steps if step["state"] == "refused"}.keys() == {
        "disputes", "products"}


def test_the_sdk_knows_what_we_ask_and_what_our_server_says(stripe, server, read):
    """The server refuses parameters the SDK's types do not have; its objects hold no field the SDK does not know."""
    assert read(stripe).state == "done"
    for noun, cls in OBJECTS.items():
        for row in server.lists.get(noun, ()):
            assert unknown_fields(row, cls) <= {"subscription"} or noun == "products", noun
    with pytest.raises(Exception, match="unknown parameter"):
        check(LISTS["refunds"], "list", [("first", "100")])
    assert "created[gte]" not in server.lines("/v1/charges")[0]
    assert server.lines("/v1/subscriptions")[0]["status"] == "all"
