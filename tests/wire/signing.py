"""Headers a vendor would send with a body; `ts` in unix seconds, now when left out."""
import base64
import hashlib
import hmac
import time


def _mac(secret: str, signed: bytes):
    return hmac.new(secret.encode(), signed, hashlib.sha256)


def sign_whop(secret: str, id: str, body: bytes, ts: int | None = None) -> dict:
    """Standard Webhooks headers, keyed with the literal secret."""
    stamp = str(int(time.time() if ts is None else ts))
    mac = base64.b64encode(_mac(secret, f"{id}.{stamp}.".encode() + body).digest()).decode()
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mac}",
            "content-type": "application/json"}


def sign_whop_older(secret: str, body: bytes, ts: int | None = None) -> dict:
    """The form Whop used before Standard Webhooks."""
    stamp = str(int(time.time() if ts is None else ts))
    return {"x-whop-signature": f"t={stamp},v1={_mac(secret, f'{stamp}.'.encode() + body).hexdigest()}",
            "content-type": "application/json"}


def sign_stripe(secret: str, body: bytes, ts: int | None = None) -> dict:
    stamp = str(int(time.time() if ts is None else ts))
    return {"stripe-signature": f"t={stamp},v1={_mac(secret, f'{stamp}.'.encode() + body).hexdigest()}",
            "content-type": "application/json"}
