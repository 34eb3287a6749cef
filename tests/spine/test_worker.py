"""Real worker processes: embedded on the database alone, RQ with Redis; killed in the middle, everything still runs."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.wire import own_database

ROOT = Path(__file__).parents[2]
SCRIPT = """
from app import create_app
from app.people import Person, meet
from app.spine.db import db
from app.spine.facts import PersonRef
from app.spine.jobs import REGISTRY, job
app = create_app()

@job
def mark(number):
    meet(PersonRef(email=f"p{number}@worker.test"), "worker").tag(f"seen {number}")

def write(count):
    from app.accounts import open_account
    with app.app_context():
        db.create_all()
        open_account("harbor")
        db.session.commit()
        for number in range(count):
            mark.later(number)
        db.session.commit()
"""
WORKER = "import jobs_of_the_test, worker; worker.main()"


@pytest.fixture
def place(tmp_path, request):
    """A database, a folder for the script and the environment of its processes."""
    (tmp_path / "jobs_of_the_test.py").write_text(SCRIPT)
    redis = os.environ.get("TEST_REDIS_URL", "") if os.environ.get("TEST_DATABASE_URL") else ""
    with own_database("worker", f"sqlite:///{tmp_path / 'worker.db'}") as url:
        yield {**os.environ, "APP_ENV": "test", "DATA_DIR": str(tmp_path), "DATABASE_URL": url, "REDIS_URL": redis,
               "SECRET_KEY": "a key for the worker tests", "PYTHONPATH": f"{ROOT}:{tmp_path}"}


def engine(env):
    return create_engine(env["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))


def write(env, count):
    subprocess.run([sys.executable, "-c", f"import jobs_of_the_test as t; t.write({count})"], cwd=ROOT, env=env,
                   check=True)


def start(env):
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)


def count(connection, state) -> int:
    return connection.execute(text("select count(*) from jobs where name like '%mark' and state = :state"),
                              {"state": state}).scalar()


def until(env, state, number, seconds=90):
    end, looking = time.monotonic() + seconds, engine(env)
    while time.monotonic() < end:
        with looking.connect() as connection:
            if count(connection, state) >= number:
                return
        time.sleep(0.1)
    with looking.connect() as connection:
        found = connection.execute(text("select state, count(*), min(error) from jobs group by state")).all()
    raise AssertionError(f"not {number} {state} within {seconds} s: {found}")


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) is not None


def test_a_worker_runs_what_waits_and_stops_when_told(place):
    write(place, 30)
    worker = start(place)
    until(place, "done", 30)
    stop(worker)
    with engine(place).connect() as connection:
        assert connection.execute(text("select count(*) from people")).scalar() == 30
        assert connection.execute(text("select count(*) from taggings")).scalar() == 30


def test_a_killed_workers_jobs_are_taken_up_and_done_once(place):
    write(place, 60)
    worker = start(place)
    until(place, "done", 5)
    worker.kill()
    worker.wait()
    with engine(place).begin() as connection:           # leases run out by the clock; the test need not wait for it
        connection.execute(text("update jobs set lease_until = '2020-01-01 00:00:00' where state in "
                                "('running', 'dispatched')"))
        connection.execute(text("update marks set held_until = '2020-01-01 00:00:00' where name = 'embedded worker'"))
    worker = start(place)
    until(place, "done", 60)
    stop(worker)
    with engine(place).connect() as connection:
        assert connection.execute(text("select count(*) from people")).scalar() == 60
        assert connection.execute(text("select count(*) from taggings")).scalar() == 60


@pytest.mark.skipif(not os.environ.get("TEST_REDIS_URL"), reason="needs a Redis: set TEST_REDIS_URL")
def test_an_emptied_redis_loses_nothing(place):
    import redis
    write(place, 200)
    worker = start(place)
    until(place, "done", 5)
    redis.Redis.from_url(place["REDIS_URL"]).flushdb()
    with engine(place).begin() as connection:
        connection.execute(text("update jobs set lease_until = '2020-01-01 00:00:00' where state = 'dispatched'"))
    until(place, "done", 200)
    stop(worker)
    with engine(place).connect() as connection:
        assert connection.execute(text("select count(*) from taggings")).scalar() == 200


@pytest.mark.skipif(bool(os.environ.get("TEST_REDIS_URL")), reason="with Redis several workers are welcome")
def test_a_second_embedded_worker_is_refused(place):
    write(place, 1)
    worker = start(place)
    until(place, "done", 1)
    second = {**place, "PYTHONPATH": place["PYTHONPATH"]}
    refused = subprocess.run([sys.executable, "-c", "import app.spine.jobs.run as r; r.LEASE = 1; " + WORKER], cwd=ROOT,
                             env=second, capture_output=True, text=True, timeout=60)
    stop(worker)
    assert refused.returncode == 1 and "Another worker serves this database" in refused.stderr
