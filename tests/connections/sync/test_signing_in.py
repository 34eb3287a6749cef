"""Connecting by signing in at Whop: PKCE, state and nonce checked, tokens sealed and renewed once."""
import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app.connections import Connection, Sync
from app.connections.sync import tokens
from app.connections.sync.jobs import look_after
from app.kit.clock import real_now
from app.spine.db import db, serve
from app.spine.jobs import drain
from app.spine.sources import Denied
from tests.wire.whop_server import ACCOUNT

START, BACK = "/settings/connections/new/whop/sign-in", "/settings/connections/sign-in/whop"


@pytest.fixture(autouse=True)
def our_app(app, monkeypatch):
    monkeypatch.setitem(app.config, "WHOP_APP_ID", "app_ours")
    monkeypatch.setitem(app.config, "WHOP_APP_SECRET", "shh")


def leave(desk, server):
    """To Whop's page; what the address asks for."""
    answer = desk.get(START)
    assert answer.status_code == 303 and answer.location.startswith(f"{server.url}/oauth/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
    server.nonce = asked["nonce"]
    return asked


def test_there_and_back(desk, account, whop_server):
    assert "Sign in with Whop" in desk.get("/settings/connections/new/whop").text
    asked = leave(desk, whop_server)
    assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"] and asked["client_id"] == "app_ours"
    assert asked["redirect_uri"] == f"http://localhost{BACK}" and asked["response_type"] == "code"
    answer = desk.get(f"{BACK}?code=c1&state={asked['state']}")
    made = db.session.scalar(select(Connection))
    assert answer.status_code == 303 and answer.location.endswith(made.public_id)
    digest = hashlib.sha256(whop_server.verifier.encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert (made.external_account, made.credential("api_key"), made.credential("refresh_token")) == (
        ACCOUNT, "access_1", "refresh_2")
    assert "access_1" not in made.credentials and made.token_until > real_now()
    drain()
    serve(account.id)
    assert db.session.scalar(select(Sync)).state == "done"


@pytest.mark.parametrize("query", ["code=c1&state=wrong", "code=c1", "state={state}", "error=access_denied"])
def test_an_answer_to_another_question_is_refused(desk, whop_server, query):
    asked = leave(desk, whop_server)
    assert desk.get(f"{BACK}?{query.format(**asked)}").status_code == 303
    assert db.session.scalar(select(Connection)) is None
    again = desk.get(f"{BACK}?code=c1&state={asked['state']}")
    assert again.location.endswith("/new/whop") and db.session.scalar(select(Connection)) is None, "good once"


def test_another_nonce_is_refused(desk, whop_server):
    asked = leave(desk, whop_server)
    whop_server.nonce = "somebody else's"
    desk.get(f"{BACK}?code=c1&state={asked['state']}")
    assert db.session.scalar(select(Connection)) is None


def test_another_browser_is_refused(desk, visitor_desk, client, whop_server):
    asked = leave(desk, whop_server)
    assert client.get(f"{BACK}?code=c1&state={asked['state']}").status_code == 303
    assert visitor_desk.get(f"{BACK}?code=c1&state={asked['state']}").status_code == 403
    assert db.session.scalar(select(Connection)) is None


def test_several_accounts_are_asked_about(desk, whop_server, monkeypatch):
    monkeypatch.setattr("app.adapters.whop.Whop.accounts", lambda *_: [("biz_a", "Alpha"), (ACCOUNT, "Harbor")])
    asked = leave(desk, whop_server)
    made = desk.get(f"{BACK}?code=c1&state={asked['state']}").location
    assert "Which account is it?" in desk.get(made).text and db.session.scalar(select(Sync)) is None
    assert desk.post(f"{made}/account", data={"account": "biz_foreign"}).status_code == 422
    assert desk.post(f"{made}/account", data={"account": ACCOUNT}).status_code == 303
    assert db.session.scalar(select(Connection.external_account)) == ACCOUNT and db.session.scalar(select(Sync))


def test_signing_in_again_mends_the_connection_there_is(desk, whop, whop_server):
    whop.unwell("Refused.", halt=True)
    asked = leave(desk, whop_server)
    desk.get(f"{BACK}?code=c1&state={asked['state']}")
    db.session.refresh(whop)
    assert db.session.scalars(select(Connection)).all() == [whop] and whop.halted_at is None


@pytest.fixture
def signed(whop, whop_server):
    whop.keep(api_key="access_0", refresh_token="refresh_1")
    whop.token_until = real_now() - timedelta(minutes=1)
    db.session.commit()
    return whop


def test_a_token_that_ran_out_is_renewed_before_reading(signed, whop_server, read):
    assert read(signed).state == "done"
    db.session.refresh(signed)
    assert (signed.credential("api_key"), signed.credential("refresh_token")) == ("access_1", "refresh_2")
    assert whop_server.tokens == {"refresh_2": 2} and signed.renewing_until is None


def test_who_comes_second_does_not_use_the_token_again(signed, whop_server):
    held = signed.apart()
    signed.renewing_until = real_now() + timedelta(seconds=30)
    db.session.commit()
    assert tokens.fresh(signed.id, held) is held and whop_server.tokens == {"refresh_1": 1}


def test_a_sign_in_that_was_taken_back_halts_in_words(signed, whop_server):
    whop_server.tokens.clear()
    held = signed.apart()
    db.session.rollback()
    with pytest.raises(Denied, match="Connect with Whop again"):
        tokens.fresh(signed.id, held)
    db.session.refresh(signed)
    assert signed.halted_at and "Connect with Whop again" in signed.trouble


def test_tokens_are_renewed_in_time_though_nothing_reads(signed, account, whop_server):
    look_after.function()
    db.session.commit()
    drain()
    serve(account.id)
    db.session.refresh(signed)
    assert signed.credential("api_key") == "access_1"


def test_without_an_app_there_is_no_such_door(app, desk, monkeypatch):
    monkeypatch.setitem(app.config, "WHOP_APP_ID", "")
    assert desk.get(START).location == "/settings/connections"
    assert "Sign in with" not in desk.get("/settings/connections/new/whop").text
