"""Killed while leases are given back, taken back or written off: whatever comes next does each job once."""
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.kit.clock import real_now
from app.messaging import Message, Template, send
from app.people import Note, meet
from app.spine.db import db, serve
from app.spine.facts import PersonRef
from app.spine.jobs import Job, drain
from app.spine.jobs.run import claim, reap
from tests.storms.launcher_jobs import mark

ROOT = Path(__file__).resolve().parents[2]
BEFORE = """
import sys
from app import create_app
from app.messaging import pipeline
from app.spine.db import ANY, as_account, db, serve
from app.spine.jobs import run
from tests.storms import launcher_jobs
app = create_app()
with app.app_context():
    serve(ANY)
"""
ACTS = {"job.released": "run.release([row[0] for row in run.claim(5, 'here')])",
        "job.reaped": "run.reap()",
        "job.failed": "run.REGISTRY['tests.storms.launcher_jobs.mark'].function = lambda number: 1 / 0; "
                      "[run.run(job_id, attempt) for job_id, attempt, _ in run.claim(1, 'here')]",
        "send.reaped": "serve(int(sys.argv[1])); pipeline.reap()"}


def dies(app, name: str, account_id: int) -> None:
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "DATA_DIR": str(app.config["DATA_DIR"]), "SECRET_KEY": app.config["SECRET_KEY"],
                   "FAILPOINT": f"{name}:kill", "PYTHONPATH": str(ROOT)}
    db.session.commit()
    died = subprocess.run([sys.executable, "-c", f"{BEFORE}    {ACTS[name]}", str(account_id)], cwd=ROOT,
                          env=environment, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-600:]


def lost() -> None:
    """Whoever held leases is gone for longer than they last."""
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(
        lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))
    db.session.commit()


@pytest.mark.parametrize("name", ["job.released", "job.reaped", "job.failed"])
def test_jobs(app, account, name):
    account_id = account.id
    for number in range(4):
        mark.later(number)
    db.session.commit()
    if name == "job.reaped":
        claim(4, "somebody who died")
        lost()
    dies(app, name, account_id)
    lost()
    reap()
    drain()
    serve(account_id)
    notes = dict(map(tuple, db.session.execute(select(Note.person_id, func.count()).group_by(Note.person_id)).all()))
    assert list(notes.values()) == [1, 1, 1, 1]


@pytest.mark.parametrize("name", ["send.reaped"])
def test_messages(app, account, name):
    ana = meet(PersonRef(email="ana@example.test", name="Ana"), "whop")
    letter = Template(name="Hi", category="transactional", channel="sandbox", subject="Hi", body="Good to see you.")
    db.session.add(letter)
    db.session.flush()
    send(ana, letter, dedupe_key="k")
    db.session.execute(update(Message).values(state="claimed", lease="x", lease_until=real_now()))
    dies(app, name, account.id)
    drain()
    serve(account.id)
    assert db.session.scalars(select(Message.state)).all() in (["sent"], ["delivered"])
