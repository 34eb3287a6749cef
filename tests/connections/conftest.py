"""A Whop and a Stripe connection of Harbor, a way to knock, and ears that write down the facts they are given."""
import json

import pytest

from app.connections import Connection
from app.spine import facts
from app.spine.db import as_account, db
from tests.wire import sign_stripe, sign_whop

SECRET, STRIPE_SECRET = "ws_harbor_secret", "whsec_harbor_secret"


def payment(id="pay_1", status="paid", seconds=0, account="biz_Harbor", **data):
    """A small dated Whop envelope about one payment."""
    at = f"2026-11-20T10:00:{seconds:02d}.000Z"
    return {"type": f"payment.{'succeeded' if status == 'paid' else 'failed'}", "timestamp": at, "account_id": account,
            "api_version": "v1", "api_version_date": "2026-10-15-1", "data": {
                "id": id, "status": status, "total": {"amount": "49.00", "currency": "usd"}, "currency": "usd",
                "updated_at": at, "user": {"id": "user_Ana", "name": "Ana Silva"}, "customer_email": "ana@example.test",
                **data}}


@pytest.fixture
def whop(account):
    made = Connection.add("whop", account.id, "Whop", webhook_secret=SECRET)
    db.session.commit()
    return made


@pytest.fixture
def stripe(account):
    made = Connection.add("stripe", account.id, "Stripe", webhook_secret=STRIPE_SECRET)
    db.session.commit()
    return made


@pytest.fixture
def knock(client):
    """Post a signed Whop webhook; the body may be a dict or raw bytes."""
    def send(connection, body, id="msg_1", secret=SECRET, ts=None, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(connection.webhook_path, data=raw, headers={**sign_whop(secret, id, raw, ts), **headers})
    return send


@pytest.fixture
def knock_stripe(client):
    def send(connection, body, secret=STRIPE_SECRET, ts=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(connection.webhook_path, data=raw, headers=sign_stripe(secret, raw, ts))
    return send


@pytest.fixture
def heard(monkeypatch):
    """Every absorbed (fact, source), in order. `heard.spoil[id]` makes facts of that id fail so many times."""
    class Heard(list):
        spoil = {}

        def take(self, fact, source):
            left = self.spoil.get(getattr(fact, "external_id", None), 0)
            if left:
                self.spoil[fact.external_id] = left - 1
                raise RuntimeError("the ledger is closed")
            self.append((fact, source))
            return f"took {type(fact).__name__}"

    ears = Heard()
    ears.spoil = {}
    kinds = (facts.PersonFact, facts.MembershipFact, facts.PaymentFact, facts.ActivityFact, facts.ContentFact)
    monkeypatch.setattr(facts, "_absorbers", dict.fromkeys(kinds, ears.take))
    return ears


@pytest.fixture
def seen(account):
    """The account's deliveries as they are now, oldest first."""
    from sqlalchemy import select

    from app.connections import Delivery

    def look():
        with as_account(account.id):
            db.session.expire_all()
            return db.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    return look
