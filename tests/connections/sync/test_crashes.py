"""Killed at any moment of a reading: it goes on from the last page kept, and nothing comes in twice or not at all."""
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.connections import Sync
from app.kit.clock import real_now
from app.memberships import Membership, Observation
from app.payments import Payment
from app.people import Person
from app.spine.db import db, serve
from app.spine.events import Event
from app.spine.jobs import Job, drain
from app.spine.jobs.run import reap

ROOT = Path(__file__).resolve().parents[3]
WORK = """
from app import create_app
from app.spine.jobs import drain
app = create_app()
with app.app_context():
    drain()
"""


@pytest.fixture
def dies_at(app, whop_server):
    """A worker of its own that is killed when it reaches the point for the n-th time."""
    def run(point, **more):
        environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                       "DATA_DIR": str(app.config["DATA_DIR"]), "SECRET_KEY": app.config["SECRET_KEY"],
                       "FAILPOINT": f"{point}:kill", "PYTHONPATH": str(ROOT), "WHOP_API_BASE": whop_server.url,
                       "SYNC_PER_SECOND": "1000", **more}
        db.session.commit()
        died = subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environment, capture_output=True, timeout=60)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-600:]
    return run


def leave():
    """The lease of whoever died runs out."""
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(
        lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))
    db.session.commit()
    reap()


@pytest.fixture
def recovers(account):
    def run():
        leave()
        drain()
        serve(account.id)
        db.session.expire_all()
    return run


def counts():
    return tuple(db.session.scalar(select(func.count()).select_from(model))
                 for model in (Person, Membership, Observation, Payment))


def told():
    rows = db.session.execute(select(Event.kind, func.count()).group_by(Event.kind)).all()
    return {kind: number for kind, number in rows if kind in ("membership.activated", "payment.succeeded")}


@pytest.mark.parametrize("point, kept", [("sync.asked", 0), ("sync.before_commit", 0), ("sync.after_commit", 1)])
def test_the_reader_dies_between_pages(account, whop, whop_server, dies_at, recovers, point, kept):
    whop_server.per_page = 2
    sync = Sync.begin(whop)
    dies_at(point)
    serve(account.id)
    db.session.expire_all()
    assert (sync.pages, sync.state) == (kept, "running")
    leave()
    dies_at(point)
    recovers()
    db.session.refresh(sync)
    assert sync.state == "done" and counts() == (5, 5, 5, 5)
    assert told() == {"membership.activated": 5, "payment.succeeded": 5}
    assert (sync.total("seen"), sync.total("created")) == (17, 17), "each counted once"


def test_killed_again_and_again_it_still_arrives(account, whop, whop_server, dies_at):
    """Every life keeps one page; a job given up after three deaths is taken up by whoever looks after readings."""
    from app.connections.sync.jobs import look_after
    whop_server.per_page = 1
    sync = Sync.begin(whop)
    for life in range(4):
        dies_at("sync.after_commit")
        serve(account.id)
        db.session.expire_all()
        assert sync.pages == life + 1
        leave()
        sync.touched_at = real_now() - timedelta(minutes=6)
        db.session.commit()
        look_after.function()
    drain()
    serve(account.id)
    db.session.expire_all()
    assert sync.state == "done" and sync.total("created") == 17 and counts() == (5, 5, 5, 5)


def test_two_readers_of_one_place_keep_it_once(app, whop, whop_server):
    """A worker whose lease ran out comes back while another has moved on: its page is left out."""
    from app.connections.sync import reading
    sync = Sync.begin(whop)
    db.session.commit()
    late = reading._turn(sync.id)
    page = late.vendor.page(late.apart, late.step.name, late.cursor, late.since)
    reading._one(reading._turn(sync.id))
    reading._kept(late, page)
    db.session.refresh(sync)
    assert sync.pages == 1 and sync.steps[0]["seen"] == 1


def test_the_hook_maker_dies_before_its_secret_is_kept(app, account, whop, whop_server, dies_at, recovers, monkeypatch):
    from app.connections.sync.jobs import hook_up
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://desk.example.com")
    hook_up.later(whop.id)
    dies_at("hook.before_commit", PUBLIC_URL="https://desk.example.com")
    assert len(whop_server.hooks) == 1
    recovers()
    db.session.refresh(whop)
    assert [one["id"] for one in whop_server.hooks] == [whop.webhook_ref] and whop.secrets


def test_the_renewer_dies_with_the_new_tokens_in_hand(account, whop, whop_server, dies_at, recovers):
    """The one loss that cannot be avoided: the old token is used up. It is said, and asks to sign in again."""
    from app.connections.sync.jobs import renew
    whop.keep(api_key="access_0", refresh_token="refresh_1")
    whop.token_until = real_now() - timedelta(minutes=1)
    renew.later(whop.id)
    dies_at("token.before_commit", WHOP_APP_ID="app_ours")
    serve(account.id)
    db.session.refresh(whop)
    assert whop.credential("refresh_token") == "refresh_1" and whop.renewing_until
    whop.renewing_until = None
    db.session.commit()
    recovers()
    db.session.refresh(whop)
    assert whop.halted_at and "Connect with Whop again" in whop.trouble
