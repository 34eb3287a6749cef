"""Our reader against Prism, which answers from Whop's schema: skipped where it is not installed.

    npm i @stoplight/prism-cli
    PRISM=node_modules/@stoplight/prism-cli/dist/index.js WHOP_OPENAPI=whop-openapi.json bin/test tests/connections
"""
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from app.adapters.whop import Whop
from app.adapters.whop.listing import LISTS
from app.adapters.wire import Wire
from app.connections.models.connection import Apart
from app.spine.sources import Denied
from tests.wire import free_port

PRISM, SCHEMA = os.environ.get("PRISM", ""), os.environ.get("WHOP_OPENAPI", "")
pytestmark = pytest.mark.skipif(not (shutil.which("node") and os.path.exists(PRISM) and os.path.exists(SCHEMA)),
                                reason="no Prism: install @stoplight/prism-cli, name it in PRISM, the schema in "
                                       "WHOP_OPENAPI")
INSIDE = {"experience": "exp_1", "parent": "post_1", "course": "cors_1", "channel": "feed_1"}


@pytest.fixture(scope="module")
def prism():
    port = free_port()
    server = subprocess.Popen(["node", PRISM, "mock", "-h", "127.0.0.1", "-p", str(port), SCHEMA],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/members", timeout=1)
        except urllib.error.HTTPError:
            break                        # 401: it is up
        except OSError:
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def ask(app, prism, monkeypatch):
    """A page of a list; Prism ignores the path its schema's servers have."""
    monkeypatch.setattr("app.adapters.whop.client.API", "")
    monkeypatch.setitem(app.config, "WHOP_API_BASE", prism)
    return lambda of, key="key_1", after=None: Whop().page(
        Apart("whop", "biz_1", {"api_key": key}), of, {"todo": [{"of": of, **INSIDE, "after": after}]}, None)


@pytest.mark.parametrize("of", LISTS)
def test_what_we_ask_fits_the_schema_and_nonsense_stops_nothing(ask, of):
    assert ask(of).items


def test_a_list_that_never_ends_is_left(ask):
    """Prism always says that there is more, under the same cursor."""
    after = ask("members").cursor["todo"][0]["after"]
    assert ask("members", after=after).cursor is None


def test_what_we_would_make_fits_the_schema(app, ask):
    hook = Whop().hook(Apart("whop", "biz_1", {"api_key": "key_1"}), "https://desk.example.com/x")
    assert hook.ref and hook.secret


def test_no_key_is_no_answer(app, ask):
    with pytest.raises(Denied):
        Wire("Whop", app.config["WHOP_API_BASE"], ours=True).ask("GET", "/members")
