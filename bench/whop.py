"""What Whop would send, signed: payments and memberships of numbered people, each delivery under an id of its own."""
import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

from .stage import COMPANY, WHOP_SECRET

RUN = format(time.time_ns() & 0xFFFFFFF, "x")


def stamp(days: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def who(number: int) -> dict:
    return {"id": f"user_{number:06d}", "name": f"Runner {number}", "username": f"runner{number}",
            "email": f"runner{number}@bench.example"}


def money(minor: int) -> dict:
    return {"amount": f"{minor / 100:.2f}", "currency": "usd", "decimals": 2}


def payment(number: int) -> tuple[str, dict]:
    """A renewal that was paid just now."""
    now = stamp()
    return "payment.succeeded", {
        "id": f"pay_{RUN}_{number}", "account_id": COMPANY, "currency": "usd", "status": "paid",
        "substatus": "succeeded", "billing_reason": "subscription_cycle", "created_at": now, "updated_at": now,
        "paid_at": now, "last_payment_attempt_at": now, "total": money(4900), "subtotal": money(4900),
        "payments_failed": 0, "membership_id": f"mem_{number:06d}", "member_id": f"mber_{number:06d}",
        "plan_id": "plan_pro_m", "product_id": "prod_community", "customer_email": who(number)["email"],
        "metadata": {}, "user": who(number)}


def membership(number: int, status: str = "active") -> tuple[str, dict]:
    """A membership as it is now."""
    now = stamp()
    return f"membership.{'activated' if status == 'active' else 'updated'}", {
        "id": f"mem_{number:06d}", "account": {"id": COMPANY}, "status": status, "plan_id": "plan_pro_m",
        "product": {"id": "prod_community", "title": "Community"}, "product_id": "prod_community",
        "plan": {"id": "plan_pro_m", "title": "Pro"}, "cancel_at_period_end": False, "billing_period_days": 30,
        "created_at": now, "updated_at": now, "current_period_start": now, "current_period_end": stamp(30),
        "renewal_price": money(4900), "initial_price": money(0), "metadata": {}, "member_id": f"mber_{number:06d}",
        "user_id": who(number)["id"], "user": who(number)}


def delivery(kind: str, data: dict, serial) -> tuple[dict, bytes]:
    """Headers and body as they come over the line."""
    told = f"msg_{RUN}_{serial}"
    body = json.dumps({"id": told, "api_version": "v1", "api_version_date": "2026-10-15-1", "type": kind,
                       "timestamp": stamp(), "account_id": COMPANY, "data": data}, separators=(",", ":")).encode()
    moment = str(int(time.time()))
    mac = hmac.new(WHOP_SECRET.encode(), f"{told}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {"Content-Type": "application/json", "webhook-id": told, "webhook-timestamp": moment,
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}, body
