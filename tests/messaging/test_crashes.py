"""A process killed at every named point of the pipeline: nothing is lost and nothing goes out twice."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.messaging import Message, balance, send
from app.messaging.pipeline import reap
from app.spine.db import db
from app.spine.failpoints import POINTS
from app.spine.jobs import Job, drain

from .conftest import a_person, a_template

ROOT = Path(__file__).resolve().parents[2]
WORK = """
from app import create_app
from app.spine.jobs import drain
app = create_app()
with app.app_context():
    drain()
"""
# where it was killed -> letters at the mail server by then, state after the next worker has been at it
ENDS = {"send.before_claim": (0, "sent"), "send.claimed": (0, "sent"), "send.before_attempt": (0, "sent"),
        "send.attempting": (0, "unclear"), "send.after_accept": (1, "unclear"), "send.recorded": (1, "sent")}
KEY = "a key for the tests alone"


def killed_at(app, name, sink):
    """Run a worker in a process of its own that dies at the fail point; what became of it."""
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "SECRET_KEY": KEY, "DATA_DIR": str(app.config["DATA_DIR"]), "SMTP_URL": sink.url,
                   "PUBLIC_URL": "http://localhost", "FAILPOINT": f"{name}:kill" if name else ""}
    db.session.remove()
    return subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environment, capture_output=True, timeout=60)


def time_passes():
    """The leases of the dead worker run out."""
    from datetime import timedelta

    from app.kit.clock import real_now
    past = real_now() - timedelta(seconds=1)
    db.session.execute(update(Message).where(Message.lease_until.is_not(None)).values(lease_until=past))
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(lease_until=past))
    db.session.commit()
    from app.spine.jobs.run import reap as reap_jobs
    reap_jobs()


def test_every_point_of_the_pipeline_is_walked(app):
    sorting_out = {"send.reaped"}                # killed in tests/spine/test_crash_points.py
    assert {name for name in POINTS if name.startswith("send.")} - sorting_out == set(ENDS)


@pytest.mark.parametrize("name", ENDS)
def test_killed_and_taken_up_again(app, account, sink, monkeypatch, name):
    letters, state = ENDS[name]
    people = [a_person(name=f"P{n}", email=f"p{n}@example.com", stage="member") for n in range(3)]
    receipt = a_template(category="transactional")
    for number, person in enumerate(people):
        send(person, receipt, dedupe_key=str(number))
    db.session.commit()
    account_id = account.id

    died = killed_at(app, name, sink)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    assert len(sink.letters) == letters

    from app.spine.db import serve
    serve(account_id)
    time_passes()
    monkeypatch.setitem(app.config, "SMTP_URL", sink.url)
    drain()
    serve(account_id)
    rows = db.session.scalars(select(Message).order_by(Message.id)).all()
    assert [row.state for row in rows] == [state, "sent", "sent"]
    delivered = [letter.rcpt_tos[0] for letter in sink.letters]
    assert len(delivered) == len(set(delivered)), "somebody was written to twice"
    assert set(delivered) >= {row.address for row in rows if row.state == "sent"}, "a message was lost"
    books = balance()
    assert books["candidates"] == 3 == books["sent"] + books["unclear"]
    assert reap() == 0


def test_a_kept_connection_of_a_living_process_still_counts(app, account, sink, monkeypatch):
    """The same run without a fail point sends everything, so the walk above means something."""
    person = a_person(name="Ana", email="ana@example.com", stage="member")
    send(person, a_template(category="transactional"), dedupe_key="one")
    db.session.commit()
    lived = killed_at(app, "", sink)
    assert lived.returncode == 0, lived.stderr.decode()[-2000:]
    assert [letter.rcpt_tos for letter in sink.letters] == [["ana@example.com"]]
