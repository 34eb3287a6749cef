"""Places of a test's own: a free port, and a database that goes when its test does; and waiting for what they do."""
import os
import socket
import time
import uuid
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(happened, what: str, seconds: float = 60, nap: float = 0.1):
    """Ask again and again, and give what it says once it is true; AssertionError when that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := happened():
            return found
        time.sleep(nap)
    raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def own_database(label: str, otherwise: str = ""):
    """The address of a new database on the Postgres that TEST_DATABASE_URL names; `otherwise` when it names none."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        yield otherwise
        return
    base = make_url(given).set(drivername="postgresql+psycopg")
    name = f"{base.database}_{label}_{uuid.uuid4().hex[:6]}"
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'create database "{name}"'))
    try:
        yield base.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'drop database if exists "{name}" with (force)'))
        admin.dispose()
