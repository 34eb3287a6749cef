"""Credentials are sealed, secrets overlap for a day, and commands say what scripts need."""
import base64
import json
from datetime import timedelta

import pytest

from app.connections import Connection
from app.kit import crypto
from app.kit.clock import real_now
from app.spine.db import as_account, db

from .conftest import SECRET, payment


def invoke(app, *args):
    db.session.commit()
    found = app.test_cli_runner().invoke(args=args)
    db.session.expire_all()
    return found


def test_credentials_are_sealed_for_their_row(whop, stripe):
    assert whop.credential("webhook_secret") == SECRET and SECRET not in whop.credentials
    assert whop.known() == {"webhook_secret"} and whop.key != stripe.key and len(whop.key) >= 32
    stripe.credentials = whop.credentials
    with pytest.raises(crypto.CannotOpen):
        stripe.credential("webhook_secret")


def test_two_secrets_are_valid_for_a_day(whop, knock):
    whop.rotate_secret("ws_new")
    db.session.commit()
    assert knock(whop, payment(), "msg_1", secret="ws_new").status_code == 202
    assert knock(whop, payment(), "msg_2", secret=SECRET).status_code == 202
    whop.keep(previous_until=(real_now() - timedelta(seconds=1)).isoformat())
    db.session.commit()
    assert whop.secrets == ["ws_new"] and knock(whop, payment(), "msg_3", secret=SECRET).status_code == 401
    whop.rotate_secret("ws_new")
    assert whop.secrets == ["ws_new"], "the same secret again changes nothing"


def test_adding_from_the_command_line(app, account):
    found = invoke(app, "connection", "add", "whop", "--account", "harbor", "--set", "webhook_secret=ws_cli",
                   "--set", "account_id=biz_1", "--set", "api_key=k")
    told = json.loads(found.output)
    assert set(told) == {"id", "key", "webhook_path"} and told["webhook_path"] == f"/api/webhooks/whop/{told['key']}"
    with as_account(account.id):
        made = Connection.find(told["id"])
        assert (made.secrets, made.external_account, made.credential("api_key")) == (["ws_cli"], "biz_1", "k")
    listed = json.loads(invoke(app, "connection", "list", "--account", "harbor").output)
    assert listed["id"] == told["id"] and "ws_cli" not in json.dumps(listed)


@pytest.mark.parametrize("args, words", [
    (["add", "paypal", "--account", "harbor"], "no source"), (["add", "whop", "--account", "nowhere"], "no account"),
    (["add", "whop", "--account", "harbor", "--set", "colour=blue"], "colour")])
def test_mistakes_on_the_command_line_are_said(app, account, args, words):
    found = invoke(app, "connection", *args)
    assert found.exit_code == 1 and words in found.output


def key(byte):
    return base64.b64encode(bytes([byte]) * 32).decode()


def test_keys_rotate_and_check(app, account, monkeypatch):
    monkeypatch.setitem(app.config, "ENCRYPTION_KEYS", f"k1:{key(1)}")
    made = [Connection.add("whop", account.id, f"Whop {n}", webhook_secret=f"ws_{n}") for n in range(3)]
    monkeypatch.setitem(app.config, "ENCRYPTION_KEYS", f"k2:{key(2)},k1:{key(1)}")
    assert "k1: 3 (would move)" in invoke(app, "keys", "rotate", "--dry-run").output
    assert crypto.key_id_of(made[0].credentials) == "k1"
    monkeypatch.setattr("app.spine.keys.BATCH", 2)
    assert "k1: 3 (moved to k2)" in invoke(app, "keys", "rotate").output
    assert {crypto.key_id_of(one.credentials) for one in made} == {"k2"} and made[1].secrets == ["ws_1"]
    assert "k2: 3 (newest)" in invoke(app, "keys", "rotate").output
    checked = invoke(app, "keys", "check")
    assert checked.exit_code == 0 and "k2: 3 open" in checked.output and "nothing is sealed with k1" in checked.output
    monkeypatch.setitem(app.config, "ENCRYPTION_KEYS", f"k1:{key(1)}")
    broken = invoke(app, "keys", "check")
    assert broken.exit_code == 1 and made[0].public_id in broken.output and "ws_0" not in broken.output
