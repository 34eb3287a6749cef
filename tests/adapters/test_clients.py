"""The test button of a connection, against local servers that answer as Whop and Stripe do."""
import pytest

from app.adapters.stripe import client as stripe_client
from app.adapters.whop import client as whop_client
from app.connections import Connection
from tests.wire.server import api

ME = {"id": "biz_Harbor", "title": "Harbor Run Club", "route": "harbor"}


@pytest.fixture
def whop(account):
    return Connection.add("whop", account.id, api_key="key_1")


@pytest.fixture
def stripe(account):
    return Connection.add("stripe", account.id, api_key="sk_test_1")


def test_whop_says_whose_key_it_is(app, whop, monkeypatch):
    with api({"GET /api/v1/accounts/me": (200, ME)}) as (base, asked):
        for address in (base, base + "/", base + "/api/v1"):
            monkeypatch.setitem(app.config, "WHOP_API_BASE", address)
            tried = whop_client.check(whop)
            assert tried.ok and tried.account_ref == "biz_Harbor" and "Harbor Run Club" in tried.words
    [(_line, headers), *_] = asked
    assert len(asked) == 3 and headers["Authorization"] == "Bearer key_1"
    assert {name.lower(): value for name, value in headers.items()}["api-version-date"] == whop_client.VERSION_DATE


@pytest.mark.parametrize("status, body, words", [
    (401, {"error": {"type": "unauthorized", "message": "no"}}, "does not know this key"),
    (403, {"error": {"type": "forbidden", "message": "no"}}, "company:basic:read"),
    (429, {"error": {"type": "rate", "message": "slow"}}, "slow down"), (500, {}, "status 500"),
    (200, {"unexpected": 1}, "could not read"), (200, b"<html>", "could not read")])
def test_whop_refusals_in_words_and_without_retries(app, whop, monkeypatch, status, body, words):
    with api({"GET /api/v1/accounts/me": (status, body)}) as (base, asked):
        monkeypatch.setitem(app.config, "WHOP_API_BASE", base)
        tried = whop_client.check(whop)
    assert not tried.ok and words in tried.words and len(asked) == 1


def test_silence_is_not_a_refusal(app, whop, stripe, monkeypatch):
    for name, module, connection in (("WHOP_API_BASE", whop_client, whop), ("STRIPE_API_BASE", stripe_client, stripe)):
        monkeypatch.setitem(app.config, name, "http://127.0.0.1:9")
        tried = module.check(connection)
        assert not tried.ok and "did not answer" in tried.words


@pytest.mark.parametrize("status, body, ok, words", [
    (200, {"id": "acct_1", "object": "account"}, True, "acct_1"),
    (401, {"error": {"type": "invalid_request_error", "message": "no"}}, False, "does not know this key"),
    (403, {"error": {"type": "invalid_request_error", "message": "no"}}, False, "may not read"),
    (500, {"error": {"type": "api_error", "message": "no"}}, False, "status 500")])
def test_stripe_says_whose_key_it_is(app, stripe, monkeypatch, status, body, ok, words):
    with api({"GET /v1/account": (status, body)}) as (base, asked):
        monkeypatch.setitem(app.config, "STRIPE_API_BASE", base)
        tried = stripe_client.check(stripe)
    assert tried.ok is ok and words in tried.words and len(asked) == 1


def test_without_a_key_there_is_nothing_to_try(app, account):
    for source, module in (("whop", whop_client), ("stripe", stripe_client)):
        tried = module.check(Connection.add(source, account.id))
        assert not tried.ok and "key to try" in tried.words
