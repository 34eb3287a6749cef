"""Sealed values open where they belong and nowhere else."""
import base64

import pytest

from app.kit import crypto
from app.kit.crypto import CannotOpen, digest, key_id_of, open_, rotate, seal

HERE = ("connections.credentials", "con_1", 7)


def key(byte):
    return base64.b64encode(bytes([byte]) * 32).decode()


@pytest.fixture
def keys(app, monkeypatch):
    """Set ENCRYPTION_KEYS for a test."""
    return lambda value: monkeypatch.setitem(app.config, "ENCRYPTION_KEYS", value)


def test_a_sealed_value_opens_and_says_its_key(keys):
    keys(f"k2:{key(2)},k1:{key(1)}")
    sealed = seal("ws_secret", *HERE)
    assert sealed.startswith("e1:k2:") and "ws_secret" not in sealed and key_id_of(sealed) == "k2"
    assert open_(sealed, *HERE) == "ws_secret" and seal("ws_secret", *HERE) != sealed


@pytest.mark.parametrize("place", [("other.column", "con_1", 7), ("connections.credentials", "con_2", 7),
                                   ("connections.credentials", "con_1", 8)])
def test_it_does_not_open_elsewhere(app, place):
    with pytest.raises(CannotOpen):
        open_(seal("ws_secret", *HERE), *place)


@pytest.mark.parametrize("spoil", [lambda s: s[:-6] + "AAAAA=", lambda s: s.replace("e1:", "e2:"), lambda s: "",
                                   lambda s: "e1:k", lambda s: s.rpartition(":")[0] + ":",
                                   lambda s: s.rpartition(":")[0] + ":!!"])
def test_a_changed_value_does_not_open(app, spoil):
    with pytest.raises(CannotOpen):
        open_(spoil(seal("ws_secret", *HERE)), *HERE)


def test_rotation_moves_to_the_newest_key_once(keys):
    keys(f"k1:{key(1)}")
    old = seal("ws_secret", *HERE)
    keys(f"k2:{key(2)},k1:{key(1)}")
    moved = rotate(old, *HERE)
    assert key_id_of(moved) == "k2" and rotate(moved, *HERE) == moved and open_(moved, *HERE) == "ws_secret"
    keys(f"k2:{key(2)}")
    with pytest.raises(CannotOpen, match="k1 is not in ENCRYPTION_KEYS"):
        open_(old, *HERE)


def test_without_keys_the_secret_key_seals_and_its_predecessor_opens(app, keys, monkeypatch):
    keys("")
    old = seal("ws_secret", *HERE)
    before = app.config["SECRET_KEY"]
    monkeypatch.setitem(app.config, "SECRET_KEY", "quite another secret key")
    with pytest.raises(CannotOpen):
        open_(old, *HERE)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [before])
    assert open_(old, *HERE) == "ws_secret" and key_id_of(rotate(old, *HERE)) != key_id_of(old)


@pytest.mark.parametrize("setting", ["k1", "k1:short", f"k 1:{key(1)}", f":{key(1)}", "k1:" + base64.b64encode(
    bytes(16)).decode()])
def test_a_malformed_setting_is_refused_in_words(keys, setting):
    keys(setting)
    with pytest.raises(ValueError, match="ENCRYPTION_KEYS"):
        crypto.keyring()


def test_digests_find_again_but_only_for_their_purpose(app):
    assert digest("a@b.test", "email") == digest("a@b.test", "email") != digest("a@b.test", "phone")
    assert len(digest("", "email")) == 64
