"""A Whop and a Stripe of our own to read from, and connections that point at them."""
import pytest

from app.connections import Connection, Sync
from app.spine.db import db, serve
from app.spine.jobs import drain
from tests.wire.whop_server import ACCOUNT, WhopServer


@pytest.fixture(autouse=True)
def quick(app, monkeypatch):
    """No pauses: neither between calls nor before another try."""
    monkeypatch.setitem(app.config, "SYNC_PER_SECOND", 1e6)
    monkeypatch.setattr("app.adapters.wire.pause", lambda _: None)


@pytest.fixture
def whop_server(app, monkeypatch):
    with WhopServer(people=5) as server:
        monkeypatch.setitem(app.config, "WHOP_API_BASE", server.url)
        yield server


@pytest.fixture
def whop(account):
    made = Connection.add("whop", account.id, "Whop", api_key="key_1", external_account=ACCOUNT)
    db.session.commit()
    return made


@pytest.fixture
def read(account):
    """Read everything: begin, and run the jobs until none is left."""
    def run(connection, kind=None):
        begun = Sync.begin(connection, kind).id
        db.session.commit()
        drain()
        serve(account.id)
        return db.session.get(Sync, begun)
    return run
