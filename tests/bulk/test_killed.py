"""A worker dies in the middle of an act on many: the next one goes on where it was, and nobody is done twice."""
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.bulk import BulkAction, BulkChange, Selection, jobs
from app.kit.clock import real_now
from app.people import Note, Tagging
from app.spine.db import db, serve
from app.spine.jobs import Job, drain
from app.spine.jobs.run import reap

ROOT = Path(__file__).resolve().parents[2]
WORK = """
from app import create_app
from app.bulk import jobs
from app.spine.jobs import drain
jobs.STRIDE, reach, seen = 10, jobs.reach, []
jobs.reach = lambda name: seen.append(name) or (len(seen) > 1 and reach(name))
with create_app().app_context():
    drain()
"""


def killed(app, account_id) -> None:
    """A worker of its own runs what is due and is killed before its second commit."""
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "SECRET_KEY": app.config["SECRET_KEY"], "DATA_DIR": str(app.config["DATA_DIR"]),
                   "PUBLIC_URL": "http://localhost", "FAILPOINT": "bulk.before_commit:kill"}
    db.session.remove()
    died = subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environment, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    serve(account_id)


def taken_up() -> BulkAction:
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(
        lease_until=real_now() - timedelta(seconds=1)))
    db.session.commit()
    reap()
    drain()
    db.session.expire_all()
    return db.session.scalar(select(BulkAction))


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("act, form, model", [("add_tag", {"tag": "VIP"}, Tagging), ("add_note", {"body": "Hi"}, Note)])
def test_killed_on_the_way_there_and_on_the_way_back(app, account, crowd, monkeypatch, act, form, model):
    monkeypatch.setattr(jobs, "STRIDE", 10)
    account_id = account.id
    BulkAction.make(act, form, Selection(tree={"all": []})).start()
    db.session.commit()
    killed(app, account_id)
    assert count(model) == 10 == count(BulkChange)
    action = taken_up()
    assert (action.state, action.done, action.changed) == ("done", 24, 24) and count(model) == 24 == count(BulkChange)
    action.undo()
    db.session.commit()
    killed(app, account_id)
    assert count(model) == 14
    action = taken_up()
    assert (action.state, action.taken_back) == ("undone", 24) and count(model) == 0
