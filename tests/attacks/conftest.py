"""Doors to knock at and a whole installation to run, as other rooms' tests have them."""
import pytest

from tests.connections.conftest import knock, knock_stripe, stripe, whop  # noqa: F401
from tests.story.test_story import database, mailbox  # noqa: F401


@pytest.fixture(autouse=True)
def no_vendor(application, monkeypatch):
    """Keys that are typed in here are asked about next door, where nobody answers."""
    for name in ("WHOP_API_BASE", "STRIPE_API_BASE"):
        monkeypatch.setitem(application.config, name, "http://127.0.0.1:9")
