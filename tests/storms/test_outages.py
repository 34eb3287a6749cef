"""What the house stands on goes away and comes back: no half state, 503 where due, and healed by itself."""
import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from app.connections import Connection, Delivery
from app.people import Person, Tagging
from app.spine.db import as_account, db
from tests.wire import free_port

from .conftest import SECRET, House, event
from .launcher_jobs import mark

SQLITE = not os.environ.get("TEST_DATABASE_URL")
on_sqlite = pytest.mark.skipif(not SQLITE, reason="only SQLite has one lock and lives in one file")
on_postgres = pytest.mark.skipif(SQLITE, reason="needs a Postgres: set TEST_DATABASE_URL")
with_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs a redis-server to start and stop")


def came(number: int) -> tuple[str, bytes]:
    at = f"2026-11-20T10:{number // 60:02d}:{number % 60:02d}.000Z"
    return event("member.created", f"m{number}", at, {
        "id": f"mber_{number}", "email": f"p{number}@example.test", "joined_at": at,
        "user": {"id": f"user_{number}", "name": f"Person {number}", "username": f"person{number}"}})


@pytest.fixture
def path(account):
    made = Connection.add("whop", account.id, "Whop", webhook_secret=SECRET)
    db.session.commit()
    return made.webhook_path


@contextmanager
def house_of(app, **settings):
    db.session.remove()
    house = House(app, **settings)
    try:
        house.start()
        house.until(lambda: house.get("/health/live")[0] == 200, "the web server answers")
        yield house
    finally:
        house.close()


def known(account_id: int) -> int:
    db.session.rollback()
    with as_account(account_id):
        found = db.session.scalar(select(func.count()).select_from(Person))
        waiting = db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state != "processed"))
    db.session.rollback()
    return 0 if waiting else found


class Redis:
    """A Redis of the test's own, to be stopped, killed and turned read-only."""

    def __init__(self, folder: Path):
        self.port, self.folder, self.process = free_port(), folder, None
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        import redis
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", str(self.folder),
             "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(self.url)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                return self.client.ping()
            except redis.RedisError:
                time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def redis_server(tmp_path):
    server = Redis(tmp_path)
    yield server
    server.kill()


def broker(house) -> dict:
    return json.loads(house.get("/health")[2])


@with_redis
def test_redis_absent_killed_emptied_and_read_only(app, account, path, redis_server):
    """Through all of it webhooks are taken and pages answer; what waited is done once when it is back."""
    account_id, number = account.id, 0

    def send(many: int):
        nonlocal number
        for _ in range(many):
            assert house.hook(path, *came(number))[0] == 202
            number += 1

    def all_there(what, seconds=90):
        house.until(lambda: known(account_id) == number, what, seconds)

    with house_of(app, REDIS_URL=redis_server.url) as house:
        send(5)
        assert broker(house)["broker"] == "away" and house.get("/sign-in")[0] == 200
        redis_server.start()
        all_there("absent at boot: what came meanwhile is done")
        assert broker(house)["broker"] == "ok"
        send(5)
        redis_server.client.flushall()
        send(5)
        all_there("emptied: what was in it is handed over again")
        redis_server.kill()
        send(5)
        redis_server.start()
        all_there("killed and started: nothing was lost")
        redis_server.client.execute_command("REPLICAOF", "127.0.0.1", "1")
        send(5)
        time.sleep(2)
        assert house.get("/health")[0] == 200
        redis_server.client.execute_command("REPLICAOF", "NO", "ONE")
        all_there("read-only for a while: done when it may be written")


@on_postgres
def test_postgres_cut_off_in_the_middle_and_back(app, account, path):
    """Every connection is ended and none let in, as while a server restarts: 503 with Retry-After, then all goes on."""
    account_id = account.id
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    name = url.rpartition("/")[2]
    admin = create_engine(url.rpartition("/")[0] + "/postgres", isolation_level="AUTOCOMMIT")
    with house_of(app) as house:
        for number in range(30):
            assert house.hook(path, *came(number))[0] == 202
        db.session.remove()
        db.engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f'alter database "{name}" allow_connections false'))
            connection.execute(text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name"),
                               {"name": name})
            status, headers, _ = house.hook(path, *came(30))
            assert (status, headers.get("Retry-After")) == (503, "5")
            status, _, page = house.get("/sign-in")
            assert status in (200, 503) and "Traceback" not in page
            assert house.get("/health/live")[0] == 200 and house.get("/health/ready")[0] == 503
            connection.execute(text(f'alter database "{name}" allow_connections true'))
        house.until(lambda: house.hook(path, *came(30))[0] == 202, "webhooks are taken again", 30)
        house.until(lambda: known(account_id) == 31, "everything that was acknowledged is there", 90)
    admin.dispose()


@on_sqlite
def test_a_locked_database_says_so_and_goes_on(app, account, path, request):
    """Somebody holds the write lock: pages are still read, webhooks are told to come again, and later all is done."""
    account_id, seconds = account.id, 30 if request.config.getoption("--long") else 4
    with house_of(app, DATABASE_WAIT="1") as house:
        assert house.hook(path, *came(0))[0] == 202
        house.until(lambda: known(account_id) == 1, "the first is there")
        db.session.remove()
        held = sqlite3.connect(db.engine.url.database, isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        status, headers, text_ = house.hook(path, *came(1))
        assert (status, headers.get("Retry-After")) == (503, "5") and "Traceback" not in text_
        assert house.get("/sign-in")[0] == 200 and house.get("/health/ready")[0] == 200
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        held.rollback()
        held.close()
        house.until(lambda: house.hook(path, *came(1))[0] == 202, "webhooks are taken again", 10)
        house.until(lambda: known(account_id) == 2, "both are there, once")


@on_sqlite
def test_a_full_disk_says_so_and_goes_on(app, account, tmp_path):
    """A database on a disk of its own that fills up: 503, nothing half written; room again, and it goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    try:
        on_the_disk(app, disk)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def on_the_disk(app, disk):
    from app import create_app
    from app.accounts import open_account
    small = create_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{disk}/small.db", TESTING=True, DATA_DIR=disk,
                       SECRET_KEY=app.config["SECRET_KEY"])
    with small.app_context():
        db.create_all()
        account = open_account("small")
        db.session.commit()
        account_id = account.id
        path = Connection.add("whop", account_id, "Whop", webhook_secret=SECRET).webhook_path
        db.session.commit()
        db.session.remove()
        with house_of(small) as house:
            assert house.hook(path, *came(0))[0] == 202
            house.until(lambda: known(account_id) == 1, "the first is there")
            fill(disk / "filler")
            answers = [house.hook(path, *came(number)) for number in range(1, 40)]
            refused = [answer for answer in answers if answer[0] != 202]
            assert refused and {answer[0] for answer in refused} == {503}
            assert all(answer[1].get("Retry-After") == "5" for answer in refused)
            assert house.get("/health/live")[0] == 200
            (disk / "filler").unlink()
            for number in range(1, 40):
                house.until(lambda number=number: house.hook(path, *came(number))[0] == 202, "taken again", 20)
            house.until(lambda: known(account_id) == 40, "each is there, once", 90)
            check = sqlite3.connect(disk / "small.db")
            assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            check.close()
        db.session.remove()
        db.engine.dispose()


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError:
                continue


def test_two_workers_whose_clocks_are_90_seconds_apart(app, account, path, request):
    """Without Redis the second takes the first one's place; with it both work. Either way each job has one effect."""
    account_id, many = account.id, 200 if request.config.getoption("--long") else 60
    for number in range(many):
        mark.later(number)
    db.session.commit()
    with house_of(app) as house, house_of(app, SKEW="90") as other:
        for number in range(20):
            assert (house if number % 2 else other).hook(path, *came(number))[0] == 202
        house.until(lambda: done(account_id) >= many, "every job has its effect", 120)
        house.until(lambda: known(account_id) >= many + 20, "and every webhook", 90)
    assert done(account_id) == many and known(account_id) == many + 20


def done(account_id: int) -> int:
    db.session.rollback()
    with as_account(account_id):
        found = db.session.scalar(select(func.count()).select_from(Tagging))
    db.session.rollback()
    return found
