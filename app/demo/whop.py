"""What Whop would send about the cast: envelopes in its dated shape, signed like the real ones."""
import base64
import hashlib
import hmac
import json

from app.kit.clock import iso, real_now

from .cast import LESSONS, Member

ACCOUNT, PRODUCT, DATE = "biz_SecondDraft", {"id": "prod_SecondDraft", "title": "Second Draft"}, "2026-10-15-1"


def money(minor: int) -> dict:
    return {"amount": f"{minor / 100:.2f}", "currency": "usd", "decimals": 2, "display_decimals": 2}


def who(member: Member) -> dict:
    return {"id": f"user_Demo{member.number:05d}", "name": member.name, "username": member.handle,
            "profile_picture": None}


def envelope(kind: str, serial: int, at, data: dict) -> dict:
    return {"id": f"msg_demo{serial:08d}", "api_version": "v1", "api_version_date": DATE, "type": kind,
            "timestamp": iso(at), "account_id": ACCOUNT, "data": data}


def lead(member: Member, at) -> dict:
    return {"id": f"entry_Demo{member.number:05d}", "created_at": iso(at), "status": "pending", "product": PRODUCT,
            "plan": {"id": member.plan.id}, "user": {**who(member), "email": member.email}}


def person(member: Member, at) -> dict:
    return {"id": f"mber_Demo{member.number:05d}", "account_id": ACCOUNT, "access_level": "customer",
            "status": "joined" if member.status in ("active", "past_due", "canceling") else "left",
            "display_name": member.name, "email": member.email, "phone_number": None, "created_at": iso(member.started),
            "joined_at": iso(member.started), "last_accessed_at": iso(at), "user": who(member), "updated_at": iso(at)}


def membership(member: Member, at, reason: str | None = None) -> dict:
    leaving = member.status in ("canceling", "canceled")
    return {"id": f"mem_Demo{member.number:05d}", "account": {"id": ACCOUNT}, "product": PRODUCT,
            "product_id": PRODUCT["id"], "plan_id": member.plan.id, "plan": {"id": member.plan.id,
                                                                             "title": member.plan.name},
            "status": "active" if member.status == "canceling" else member.status,
            "cancel_at_period_end": member.status == "canceling", "canceled_at": iso(at) if leaving else None,
            "cancellation_reason": reason, "cancel_option": reason, "billing_period_days": member.plan.days,
            "created_at": iso(member.started), "updated_at": iso(at), "current_period_start": iso(at),
            "current_period_end": iso(member.renews), "renewal_price": money(member.plan.amount),
            "initial_price": money(0), "collection_method": "charge_automatically",
            "manage_url": f"https://whop.com/second-draft/manage/{member.number}", "metadata": {},
            "member_id": f"mber_Demo{member.number:05d}", "user_id": who(member)["id"]}


def payment(member: Member, at, number: int, paid: bool, opened, failures: int = 0, code: str | None = None,
            reason: str = "subscription_cycle", retry=None) -> dict:
    return {"id": f"pay_Demo{member.number:05d}x{number:03d}", "account_id": ACCOUNT, "currency": "usd",
            "status": "paid" if paid else "open", "substatus": "succeeded" if paid else "past_due",
            "billing_reason": reason, "created_at": iso(opened), "updated_at": iso(at),
            "paid_at": iso(at) if paid else None, "last_payment_attempt_at": iso(at),
            "total": money(member.plan.amount), "subtotal": money(member.plan.amount), "decline_code": code,
            "failure_message": code and FAILURES[code],
            "payments_failed": failures, "retryable": not paid,
            "next_payment_attempt_at": iso(retry) if retry else None,
            "recovery_url": None if paid else f"https://whop.com/pay/{member.number}-{number}",
            "membership_id": f"mem_Demo{member.number:05d}", "member_id": f"mber_Demo{member.number:05d}",
            "plan_id": member.plan.id, "product_id": PRODUCT["id"], "customer_email": member.email, "metadata": {},
            "payment_method_type": "card", "user": who(member)}


FAILURES = {"insufficient_funds": "Your card has insufficient funds.", "expired_card": "Your card has expired.",
            "generic_decline": "Your card was declined."}


def lesson(member: Member, at, number: int) -> dict:
    title = LESSONS[number % len(LESSONS)]
    return {"id": f"crsli_Demo{member.number:05d}x{number:03d}", "completed": True, "created_at": iso(at),
            "course": {"id": "cors_Draft", "title": "From idea to draft", "experience": {"id": "exp_Draft"}},
            "lesson": {"id": f"lesn_{number % len(LESSONS)}", "title": title, "chapter": {"id": "chap_1"}},
            "user": who(member)}


def signed(secret: str, body: bytes, message_id: str) -> dict:
    """The headers of Standard Webhooks; the key is the literal secret."""
    stamp = str(int(real_now().timestamp()))
    mac = hmac.new(secret.encode(), f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message_id, "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def encoded(told: dict) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()
