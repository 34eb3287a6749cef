"""The doctor: green on a fresh installation, red with the reason for whatever was broken; and what never starts."""
import base64
import os
from datetime import timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import update

from app import create_app
from app.accounts.audit import Audit
from app.accounts.chain import rewriting
from app.connections import Connection
from app.kit.clock import now, real_now
from app.spine.config import Refusal
from app.spine.db import across_accounts, db
from app.spine.installation import remember
from app.spine.jobs import Job
from tests.conftest import empty


@pytest.fixture
def house(migrated):
    db.session.remove()
    with db.engine.begin() as connection:
        empty(connection)
    yield migrated
    db.session.remove()


def lines(app) -> tuple[int, dict]:
    db.session.remove()
    done = app.test_cli_runner().invoke(args=["doctor"])
    found = {}
    for line in done.output.splitlines():
        colour, _, rest = line.partition("  ")
        name, _, words = rest.strip().partition(": ")
        found[name] = (colour.strip(), words)
    return done.exit_code, found


def red(app, name) -> str:
    """What the doctor says of it; everything else must be green."""
    code, found = lines(app)
    assert code == 1 and [key for key, (colour, _) in found.items() if colour == "red"] == [name], found
    return found[name][1]


def test_a_fresh_installation_is_green(house):
    code, found = lines(house)
    assert code == 0 and {colour for colour, _ in found.values()} == {"green"} and len(found) >= 10


def test_a_key_that_was_taken_away(house, monkeypatch):
    from app.accounts import open_account
    monkeypatch.setitem(house.config, "ENCRYPTION_KEYS", "k1:" + base64.b64encode(bytes(32)).decode())
    Connection.add("whop", open_account("harbor").id, webhook_secret="ws_1")
    db.session.commit()
    assert lines(house)[0] == 0
    monkeypatch.setitem(house.config, "ENCRYPTION_KEYS", "k2:" + base64.b64encode(bytes([2]) * 32).decode())
    assert "1 secrets are sealed with k1" in red(house, "encryption keys")
    monkeypatch.setitem(house.config, "ENCRYPTION_KEYS", "k2:short")
    assert "must read id:base64" in red(house, "encryption keys")


def test_an_address_nobody_can_reach(house, monkeypatch):
    monkeypatch.setitem(house.config, "APP_ENV", "production")
    monkeypatch.setitem(house.config, "PUBLIC_URL", "http://127.0.0.1:8000")
    assert "https address" in red(house, "settings")


def test_a_weak_key(house, monkeypatch):
    monkeypatch.setitem(house.config, "SECRET_KEY", "changeme")
    assert "sample value" in red(house, "secret key")


def test_jobs_that_nobody_takes(house):
    db.session.add(Job(name="x", state="ready", run_at=now() - timedelta(hours=1)))
    db.session.commit()
    assert "waited 60 minutes" in red(house, "worker")


def test_a_redis_that_is_not_there(house, monkeypatch):
    monkeypatch.setitem(house.config, "REDIS_URL", "redis://127.0.0.1:1/0")
    assert "does not answer" in red(house, "worker")


def test_a_disk_that_is_full(house, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 5 << 20})())
    assert "only 5 MB" in red(house, "disk")


def test_a_copy_that_is_overdue(house, monkeypatch):
    monkeypatch.setitem(house.config, "BACKUP_DIR", str(house.config["DATA_DIR"]))
    remember("backup", {"at": (real_now() - timedelta(days=5)).isoformat(), "file": "a.rab", "how": "restored"})
    db.session.commit()
    assert "120 hours old" in red(house, "backups")


def test_a_trail_somebody_changed(house):
    runner = house.test_cli_runner()
    db.session.remove()
    assert runner.invoke(args=["account", "create", "harbor"]).exit_code == 0
    assert lines(house)[0] == 0
    with across_accounts():
        with rewriting(db.session):
            db.session.execute(update(Audit).values(action="nothing"))
        db.session.commit()
    assert "harbor aud_" in red(house, "audit trail")


def test_a_database_behind_the_code(house):
    db.session.remove()
    downgrade(revision="-1")
    try:
        assert "db upgrade" in lines(house)[1]["migrations"][1]
    finally:
        db.session.remove()
        upgrade()


@pytest.mark.parametrize(("settings", "words"), [
    ({"DYNO": "web.1"}, "is missing"), ({"DYNO": "web.1", "SECRET_KEY": "changeme"}, "sample"),
    ({"DYNO": "web.1", "SECRET_KEY": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "sample"),
    ({"DYNO": "web.1", "SECRET_KEY": "k4Jx92"}, "sample"),
    ({"DATABASE_URL": "postgres://db/ra", "APP_ENV": ""}, "is missing"),
    ({"DYNO": "web.1", "SECRET_KEY": "k4Jx92mmQpLz83nV7cTq", "FLASK_DEBUG": "1"}, "Debug")])
def test_production_does_not_start_like_this(tmp_path, monkeypatch, settings, words):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refusal, match=words):
        create_app(DATA_DIR=tmp_path)
    assert "APP_ENV" in os.environ
