"""Killed anywhere between a webhook and its job's end: nothing acknowledged is lost, nothing counts twice."""
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.connections import Connection, Delivery, receive
from app.kit.clock import real_now
from app.payments import Payment
from app.people import Person
from app.spine.db import db, serve
from app.spine.jobs import Job, drain
from tests.wire import sign_whop

ROOT = Path(__file__).resolve().parents[2]
SECRET = "ws_crash_secret"
PAID = json.loads((ROOT / "tests" / "wire" / "whop-samples.json").read_text())["payment.succeeded"]
WORK = """
import sys
from app import create_app
from app.connections import receive
from app.spine.jobs import drain
from tests.wire import sign_whop
app = create_app()
with app.app_context():
    if len(sys.argv) > 1:
        raw = open(sys.argv[2], "rb").read()
        receive("whop", sys.argv[1], sign_whop("ws_crash_secret", "msg_crash", raw), raw)
    drain()
"""


@pytest.fixture
def shop(account):
    made = Connection.add("whop", account.id, webhook_secret=SECRET)
    db.session.commit()
    return made


def dies_at(app, point, *words):
    """A process of its own that is killed when it reaches the point."""
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "DATA_DIR": str(app.config["DATA_DIR"]), "SECRET_KEY": app.config["SECRET_KEY"],
                   "FAILPOINT": f"{point}:kill", "PYTHONPATH": str(ROOT)}
    db.session.commit()
    died = subprocess.run([sys.executable, "-c", WORK, *words], cwd=ROOT, env=environment, capture_output=True,
                          timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-600:]


def recovers(account):
    """The lease runs out and another worker goes on."""
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(
        lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))
    db.session.commit()
    from app.spine.jobs.run import reap
    reap()
    drain()
    serve(account.id)
    db.session.expire_all()


def counts() -> tuple:
    return tuple(db.session.scalar(select(func.count()).select_from(model)) for model in (Delivery, Person, Payment))


@pytest.mark.parametrize("point", ["inbox.before_commit", "job.claimed", "job.before_done", "job.after_done"])
def test_the_worker_dies(app, account, shop, point):
    raw = json.dumps(PAID).encode()
    assert receive("whop", shop.key, sign_whop(SECRET, "msg_crash", raw), raw) == "stored"
    serve(account.id)
    dies_at(app, point)
    recovers(account)
    assert counts() == (1, 1, 1)
    assert db.session.scalar(select(Delivery.state)) == "processed"
    assert db.session.scalar(select(Person.total_spent)) > 0


@pytest.mark.parametrize("point, kept", [("inbox.verified", 0), ("inbox.before_stored", 0), ("inbox.after_stored", 1)])
def test_the_door_dies(app, account, shop, tmp_path, point, kept):
    """Before the commit nothing was acknowledged and the sender tries again; after it the row is there already."""
    raw = json.dumps(PAID).encode()
    (tmp_path / "body.json").write_bytes(raw)
    dies_at(app, point, shop.key, str(tmp_path / "body.json"))
    serve(account.id)
    assert counts()[0] == kept
    assert receive("whop", shop.key, sign_whop(SECRET, "msg_crash", raw), raw) == ("known" if kept else "stored")
    recovers(account)
    assert counts() == (1, 1, 1)
