"""Whop's signatures: Standard Webhooks keyed with the literal `ws_...` text, and the older `x-whop-signature`."""
import base64
import hashlib
import hmac
import re
from datetime import datetime

from app.connections import Refused

WINDOW = 300          # seconds, into the past and into the future
MOST = 10             # signatures looked at; rotation sends two


def verify(headers, raw: bytes, secrets: list[str], now: datetime) -> str:
    """The signed `webhook-id` ("" for the older form, which has none); raises Refused."""
    if headers.get("webhook-signature"):
        return _standard(headers, raw, secrets, now)
    return _older(headers.get("x-whop-signature") or "", raw, secrets, now)


def _standard(headers, raw, secrets, now) -> str:
    delivery, stamp = headers.get("webhook-id") or "", headers.get("webhook-timestamp") or ""
    if not 0 < len(delivery) <= 255 or not delivery.isascii():
        raise Refused("webhook-id")
    _fresh(stamp, now)
    items = [item.partition(",") for item in headers.get("webhook-signature").split(" ")[:MOST]]
    given = [_bytes(signature) for version, _, signature in items if version == "v1"]
    wanted = [base64.b64encode(_mac(secret, f"{delivery}.{stamp}.".encode() + raw)) for secret in secrets]
    _match(wanted, given)
    return delivery


def _older(header, raw, secrets, now) -> str:
    parts = [part.strip().partition("=") for part in header.split(",")[:MOST]]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    _fresh(stamp, now)
    given = [_bytes(value) for name, _, value in parts if name == "v1"]
    wanted = [_mac(secret, f"{stamp}.".encode() + raw).hex().encode() for secret in secrets]
    _match(wanted, given)
    return ""


def _fresh(stamp: str, now: datetime) -> None:
    if not re.fullmatch(r"[0-9]{1,11}", stamp) or abs(now.timestamp() - int(stamp)) > WINDOW:
        raise Refused("timestamp")


def _mac(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def _bytes(signature: str) -> bytes:
    return signature.encode("utf-8", "replace")


def _match(wanted: list[bytes], given: list[bytes]) -> None:
    """Every pair is compared, so that the time taken says nothing."""
    found = [hmac.compare_digest(want, have) for want in wanted for have in given]
    if not any(found):
        raise Refused("signature")
