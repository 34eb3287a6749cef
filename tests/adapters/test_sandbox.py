"""The pretend carrier."""
import pytest

from app.adapters.sandbox import Sandbox
from app.spine.sockets import CHANNELS, Parcel


@pytest.mark.parametrize(("to", "kind", "bad_address"), [
    ("ana@example.com", "sent", False), ("ana+bounce@example.com", "failed", True),
    ("ana+fail@example.com", "failed", False),
    ("ana+silent@example.com", "unclear", False), ("bounce@example.com", "sent", False), ("per_x", "sent", False)])
def test_the_address_decides(to, kind, bad_address):
    receipt = Sandbox({}).deliver(Parcel(key="msg_1", to=to, subject="Hi", text="Hi"))
    assert (receipt.kind, receipt.bad_address) == (kind, bad_address)


def test_it_says_that_it_pretends():
    receipt = Sandbox().deliver(Parcel(key="msg_1", to="a@example.com", subject="Hi", text="Hi"))
    assert receipt.provider_id == "sandbox:msg_1" and "Nothing left this server" in receipt.reason


def test_it_is_plugged_in(app):
    assert CHANNELS["sandbox"] is Sandbox
