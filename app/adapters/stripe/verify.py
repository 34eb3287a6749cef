"""Stripe's signatures: `t=<unix>,v1=<hex>` over `t.body`, any v1, within five minutes either way."""
import hashlib
import hmac
import re
from datetime import datetime

from app.connections import Refused

WINDOW, MOST = 300, 20


def verify(headers, raw: bytes, secrets: list[str], now: datetime) -> str:
    """"" when the signature holds (the event's id is in its body); raises Refused."""
    parts = [part.strip().partition("=") for part in (headers.get("stripe-signature") or "").split(",")[:MOST]]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    if not re.fullmatch(r"[0-9]{1,11}", stamp) or abs(now.timestamp() - int(stamp)) > WINDOW:
        raise Refused("timestamp")
    given = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1"]
    signed = f"{stamp}.".encode() + raw
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets]
    found = [hmac.compare_digest(want, have) for want in wanted for have in given]
    if not any(found):
        raise Refused("signature")
    return ""
