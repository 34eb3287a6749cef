"""The keys change while the house is open: doors go on, a killed change is finished by the next, nothing is lost."""
import base64
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from app.connections import Connection
from app.kit import crypto
from app.spine.db import across_accounts, as_account, db
from tests.wire import sign_whop

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = (f"k{n}:" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
ROTATE = """
from app import create_app
from app.spine import keys
keys.BATCH = 2
app = create_app(TESTING=True)
print(app.test_cli_runner().invoke(args=["keys", "rotate"]).output)
"""
PAID = {"type": "payment.succeeded", "timestamp": "2026-11-20T10:00:00.000Z", "account_id": "biz_Harbor",
        "api_version": "v1", "data": {"id": "pay_1", "status": "paid"}}


@pytest.fixture
def shops(app, account, monkeypatch):
    """Twelve connections sealed with the old key; from now on the new one comes first."""
    monkeypatch.setitem(app.config, "ENCRYPTION_KEYS", OLD)
    made = [Connection.add("whop", account.id, f"Whop {n}", webhook_secret=f"ws_{n}") for n in range(12)]
    db.session.commit()
    monkeypatch.setitem(app.config, "ENCRYPTION_KEYS", f"{NEW},{OLD}")
    return [(one.id, one.webhook_path, f"ws_{n}") for n, one in enumerate(made)]


def rotate(app, **more):
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "DATA_DIR": str(app.config["DATA_DIR"]), "SECRET_KEY": app.config["SECRET_KEY"],
                   "ENCRYPTION_KEYS": f"{NEW},{OLD}", "PYTHONPATH": str(ROOT), **more}
    db.session.commit()
    return subprocess.Popen([sys.executable, "-c", ROTATE], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def sealed_with(account) -> list:
    db.session.rollback()
    with as_account(account.id):
        db.session.expire_all()
        return sorted(crypto.key_id_of(one.credentials) for one in db.session.query(Connection))


def test_killed_half_way_a_second_run_finishes_it(app, account, shops):
    died = rotate(app, FAILPOINT="keys.before_commit:kill")
    assert died.wait(60) == -signal.SIGKILL
    assert "k1" in sealed_with(account)
    said, _ = rotate(app).communicate(timeout=60)
    assert b"moved to k2" in said and set(sealed_with(account)) == {"k2"}
    checked = app.test_cli_runner().invoke(args=["keys", "check"])
    assert checked.exit_code == 0 and "k2: 12 open" in checked.output


def test_webhooks_are_taken_all_the_while(app, account, shops, client):
    turning = rotate(app, FAILPOINT="keys.before_commit:sleep:0.2")
    answers, number = [], 0
    while turning.poll() is None or number < 24:
        _id, path, secret = shops[number % len(shops)]
        raw = json.dumps(PAID).encode()
        answers.append(client.post(path, data=raw, headers=sign_whop(secret, f"msg_{number}", raw)).status_code)
        number += 1
    assert set(answers) == {202} and len(answers) >= 24
    assert set(sealed_with(account)) == {"k2"}


def test_a_secret_written_meanwhile_stays(app, account, shops):
    from app.spine.keys import reseal
    with across_accounts():
        row = db.session.get(Connection, shops[0][0])
        held = row.credentials
        db.session.expunge(row)                      # what the change read before somebody else wrote
        with as_account(account.id):
            db.session.get(Connection, shops[0][0]).keep(webhook_secret="ws_new")
            db.session.commit()
        assert row.credentials == held and reseal(row, "credentials") is False
        db.session.commit()
    with as_account(account.id):
        assert "ws_new" in db.session.get(Connection, shops[0][0], populate_existing=True).secrets


def test_a_changed_secret_key_opens_what_the_old_one_sealed(app, tmp_path):
    """Without ENCRYPTION_KEYS the keys come from SECRET_KEY; named as a fallback, the old one still opens."""
    os.environ["SECRET_KEY_FALLBACKS"] = "the key that was used until yesterday"
    try:
        young = create_app(TESTING=True, SECRET_KEY="the key that is used from today", DATA_DIR=tmp_path,
                           SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/x.db")
    finally:
        del os.environ["SECRET_KEY_FALLBACKS"]
    app.config["SECRET_KEY"], mine = "the key that was used until yesterday", app.config["SECRET_KEY"]
    try:
        envelope = crypto.seal("ws_old", "a.b", "con_1", 1)
    finally:
        app.config["SECRET_KEY"] = mine
    with young.app_context():
        assert crypto.open_(envelope, "a.b", "con_1", 1) == "ws_old"
