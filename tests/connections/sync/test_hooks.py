"""Webhooks made for the creator: when we can be reached, once, and gone with the connection."""
import pytest
from sqlalchemy import select

from app.connections import Connection
from app.connections.sync.jobs import hook_up
from app.spine.db import db, serve
from app.spine.jobs import drain
from tests.wire.stripe_server import StripeServer
from tests.wire.whop_server import ACCOUNT


@pytest.fixture
def public(app, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://desk.example.com")


@pytest.fixture
def hook(account):
    def run(connection):
        hook_up.later(connection.id)
        db.session.commit()
        drain()
        serve(account.id)
        db.session.refresh(connection)
    return run


def test_made_at_whop_with_our_events_and_its_secret_kept(whop, whop_server, public, hook):
    hook(whop)
    [made] = whop_server.hooks
    assert (made["url"], made["resource_id"], made["api_version_date"]) == (
        f"https://desk.example.com{whop.webhook_path}", ACCOUNT, "2026-10-15-1")
    assert {"payment.failed", "membership.cancel_at_period_end_changed", "plan.updated"} <= set(made["events"])
    assert "payout.created" not in made["events"]
    assert (whop.webhook_ref, whop.secrets) == (made["id"], [made["webhook_secret"]])
    hook(whop)
    assert len(whop_server.hooks) == 1


def test_one_whose_secret_was_lost_is_made_anew(whop, whop_server, public, hook):
    hook(whop)
    whop.webhook_ref = None
    whop.keep(webhook_secret=None)
    whop_server.hooks.append({**whop_server.hooks[0], "id": "hook_other", "url": "https://elsewhere.example.com"})
    hook(whop)
    assert [one["id"] for one in whop_server.hooks] == ["hook_other", whop.webhook_ref] and whop.secrets


@pytest.mark.parametrize("address", ["http://desk.example.com", "https://localhost", "https://192.168.1.4",
                                     "https://box.local", "http://127.0.0.1:8000"])
def test_not_where_nobody_can_reach_us(app, whop, whop_server, hook, desk, monkeypatch, address):
    monkeypatch.setitem(app.config, "PUBLIC_URL", address)
    hook(whop)
    assert whop_server.hooks == [] and whop.webhook_ref is None
    page = desk.get(f"/settings/connections/{whop.public_id}").text
    assert "cannot reach this address from outside" in page and "choose Create webhook" in page


def test_a_key_without_the_right_says_what_to_do_by_hand(whop, whop_server, public, hook, desk):
    whop_server.rights -= {"developer:manage_webhook"}
    hook(whop)
    page = desk.get(f"/settings/connections/{whop.public_id}").text
    assert "developer:manage_webhook" in whop.hook_words and whop.hook_words in page and "Create webhook" in page


def test_not_beside_one_made_by_hand(account, whop_server, public, hook):
    made = Connection.add("whop", account.id, api_key="key_1", webhook_secret="ws_mine", external_account=ACCOUNT)
    hook(made)
    assert whop_server.hooks == [] and made.secrets == ["ws_mine"]


def test_disconnecting_takes_it_away(whop, whop_server, public, hook, desk):
    hook(whop)
    desk.post(f"/settings/connections/{whop.public_id}/disconnection")
    db.session.refresh(whop)
    assert whop_server.hooks == [] and (whop.state, whop.webhook_ref, whop.credentials) == ("off", None, "")


def test_disconnecting_with_a_dead_key_says_what_is_left(whop, whop_server, public, hook, desk):
    hook(whop)
    whop_server.keys.clear()
    desk.post(f"/settings/connections/{whop.public_id}/disconnection")
    db.session.refresh(whop)
    assert whop.state == "off" and "Remove it there by hand" in desk.get("/settings/connections").text


def test_made_at_stripe_with_parameters_the_sdk_knows(app, account, public, hook, monkeypatch):
    with StripeServer() as server:
        monkeypatch.setitem(app.config, "STRIPE_API_BASE", server.url)
        made = Connection.add("stripe", account.id, api_key="key_1")
        hook(made)
        [there] = server.hooks
        assert there["url"] == f"https://desk.example.com{made.webhook_path}" and "secret" not in there
        assert "invoice.payment_failed" in there["enabled_events"] and made.webhook_ref == there["id"]
        assert made.secrets[0].startswith("whsec_")
        hook(made)
        assert len(server.hooks) == 1


def test_connecting_makes_it_by_itself(account, desk, whop_server, public):
    desk.post("/settings/connections/new/whop", data={"api_key": "key_1"})
    drain()
    serve(account.id)
    made = db.session.scalar(select(Connection))
    assert made.webhook_ref == whop_server.hooks[0]["id"]
    assert "was made for you" in desk.get(f"/settings/connections/{made.public_id}").text
