"""Secrets at rest: AES-256-GCM envelopes `e1:<key id>:<base64url>`, bound to the row they were sealed for.

Keys come from ENCRYPTION_KEYS (`id:base64, ...`, newest first) or, when unset, from SECRET_KEY. The first key seals,
all open. A value moved to another column, row or account does not open.
"""
import base64
import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

SEALED: list[tuple[type, str]] = []      # model and column name of everything `keys rotate` must visit
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class CannotOpen(ValueError):
    """The value was sealed with a key we do not hold, for another row, or was changed."""


def sealed(model: type, column: str) -> None:
    """Say that `model.column` holds envelopes; the model has `public_id` and `account_id`."""
    SEALED.append((model, column))


def keyring() -> dict[str, bytes]:
    """Key id to 32 bytes, the sealing key first; ValueError in words for a malformed setting."""
    setting = current_app.config.get("ENCRYPTION_KEYS") or ""
    ring = {}
    for item in filter(None, (part.strip() for part in setting.split(","))):
        name, _, text = item.partition(":")
        ring[name] = _decoded(name, text)
    if ring:
        return ring
    secrets = [current_app.config["SECRET_KEY"], *(current_app.config.get("SECRET_KEY_FALLBACKS") or ())]
    keys = [derived(secret, b"revenueangel data key") for secret in secrets]
    return {"s" + hashlib.sha256(key).hexdigest()[:8]: key for key in keys}


def _decoded(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32 or not KEY_ID.fullmatch(name):
        raise ValueError(f"ENCRYPTION_KEYS: {name or 'a key'} must read id:base64 of 32 bytes")
    return key


def derived(secret, purpose: bytes) -> bytes:
    secret = secret.encode() if isinstance(secret, str) else secret
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret)


def _bound(key_id: str, place: str, row: str, account: int) -> bytes:
    return f"e1|{key_id}|{place}|{row}|{account}".encode()


def seal(text: str, place: str, row: str, account: int) -> str:
    """An envelope of `text` for `place` (table.column), the row's public id and its account id."""
    key_id, key = next(iter(keyring().items()))
    nonce = os.urandom(12)
    body = nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound(key_id, place, row, account))
    return f"e1:{key_id}:{base64.urlsafe_b64encode(body).decode()}"


def open_(envelope: str, place: str, row: str, account: int) -> str:
    """The sealed text; raises CannotOpen."""
    key_id = key_id_of(envelope)
    key = keyring().get(key_id)
    if key is None:
        raise CannotOpen(f"the key {key_id} is not in ENCRYPTION_KEYS")
    try:
        body = base64.urlsafe_b64decode(envelope.split(":", 2)[2])
        return AESGCM(key).decrypt(body[:12], body[12:], _bound(key_id, place, row, account)).decode()
    except (InvalidTag, ValueError):
        raise CannotOpen(f"{place} of {row} was changed or belongs elsewhere") from None


def key_id_of(envelope: str) -> str:
    """The id of the key that sealed this; raises CannotOpen for what is no envelope."""
    version, _, rest = (envelope or "").partition(":")
    key_id, separator, _ = rest.partition(":")
    if version != "e1" or not separator:
        raise CannotOpen("not a sealed value")
    return key_id


def rotate(envelope: str, place: str, row: str, account: int) -> str:
    """The same secret under the newest key; the same envelope when it already is."""
    text = open_(envelope, place, row, account)
    return envelope if key_id_of(envelope) == next(iter(keyring())) else seal(text, place, row, account)


def digest(text: str, purpose: str) -> str:
    """A keyed fingerprint (64 hex digits) for values that must be found again but not read."""
    return digests(text, purpose)[0]


def digests(text: str, purpose: str) -> list[str]:
    """The fingerprint under SECRET_KEY, then those under each of SECRET_KEY_FALLBACKS."""
    secrets = [current_app.config["SECRET_KEY"], *(current_app.config.get("SECRET_KEY_FALLBACKS") or ())]
    keys = [derived(secret, b"revenueangel digest " + purpose.encode()) for secret in secrets]
    return [hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in keys]
