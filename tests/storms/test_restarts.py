"""A Postgres server of the test's own, restarted and crashed while webhooks come in: nothing acknowledged is lost."""
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from app import create_app
from app.accounts import open_account
from app.connections import Connection
from app.spine.db import db, serve
from tests.wire import free_port

from .conftest import SECRET
from .test_outages import came, house_of, known, on_postgres

TOOLS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
try:
    OWNER = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
except KeyError:
    OWNER = None


class Server:
    """One cluster in a folder of its own."""

    def __init__(self, folder: str):
        self.port, self.data = free_port(), f"{folder}/data"
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self.log = f"{folder}/log"
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres")
        with open(f"{self.data}/postgresql.conf", "a") as settings:
            settings.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                           f"unix_socket_directories = '{folder}'\nrestart_after_crash = on\n")

    def run(self, tool: str, *words: str) -> None:
        subprocess.run([TOOLS[-1] / tool, *words], check=True, cwd="/", stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       user=OWNER if os.geteuid() == 0 else None)

    def order(self, *words: str) -> None:
        self.run("pg_ctl", "-D", self.data, "-l", self.log, "-w", *words)


@pytest.fixture
def server():
    folder = tempfile.mkdtemp(prefix="postgres-")
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    made = Server(folder)
    made.order("start")
    yield made
    made.order("stop", "-m", "immediate")
    shutil.rmtree(folder, ignore_errors=True)


@on_postgres
@pytest.mark.skipif(not TOOLS or OWNER is None, reason="needs Postgres's own programs to start a server with")
def test_postgres_restarts_and_crashes_in_mid_transaction(server, tmp_path):
    """`fast` ends every transaction with a word, `immediate` as a power cut would; each webhook is sent until taken."""
    app = create_app(SQLALCHEMY_DATABASE_URI=server.url, DATABASE_URL=server.url, TESTING=True, DATA_DIR=tmp_path,
                     SECRET_KEY="a key for a server that restarts")
    answers = set()
    with app.app_context():
        db.create_all()
        account_id = open_account("harbor").id
        serve(account_id)
        path = Connection.add("whop", account_id, "Whop", webhook_secret=SECRET).webhook_path
        db.session.commit()
        with house_of(app, REDIS_URL="", DATABASE_WAIT="5") as house:
            for number in range(90):
                if number in (30, 60):
                    server.order("restart", "-m", "fast" if number == 30 else "immediate")
                end = time.monotonic() + 30
                while (status := house.hook(path, *came(number))[0]) != 202:
                    answers.add(status)
                    assert time.monotonic() < end, answers
                    time.sleep(0.1)
            db.engine.dispose()
            house.until(lambda: known(account_id) == 90, "everything that was acknowledged is there, once", 90)
        db.session.remove()
        db.engine.dispose()
    assert answers <= {503}, answers
