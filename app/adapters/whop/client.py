"""Whop's API through its SDK: one place for the version date, the base address, time-outs and retries."""
import httpx
from flask import current_app

from app.connections import Tried

VERSION_DATE = "2026-10-15-1"       # the API and the webhooks are pinned to the same date
WEB_TIMEOUT, JOB_TIMEOUT = 8, 20


def whop_client(connection, retries: int = 0, timeout: int = WEB_TIMEOUT):
    """The SDK's client with this connection's key. `retries` sleep in the caller: 0 in web requests, 2 in jobs.

    Raises LookupError when the connection has no API key. Never call it inside a transaction.
    """
    key = connection.credential("api_key")
    if not key:
        raise LookupError("This connection has no API key.")
    return made(key, current_app.config.get("WHOP_API_BASE") or None, retries, timeout)


def made(key: str, base: str | None, retries: int = 0, timeout: int = WEB_TIMEOUT):
    """A client for a key; `base` (the operator's environment) names another host, with or without /api/v1."""
    from whop_sdk import Whop  # half a second to import: only when it is needed
    from whop_sdk.environment import WhopEnvironment
    environment = WhopEnvironment.PRODUCTION
    if base:
        root = base.rstrip("/").removesuffix("/api/v1")
        environment = WhopEnvironment(api=f"{root}/api/v1", vault=f"{root}/vault")
    return Whop(token=key, environment=environment, api_version_date=VERSION_DATE, timeout=timeout, max_retries=retries)


def check(connection) -> Tried:
    """Ask Whop whose key this is (GET /accounts/me)."""
    try:
        account = whop_client(connection).accounts.me()
    except LookupError:
        return Tried(False, "There is no API key to try. Webhooks work without one; sending push messages does not.")
    except httpx.HTTPError:
        return Tried(False, "Whop did not answer. Try again in a minute.")
    except Exception as error:                      # the SDK's errors share no base; they carry status and body
        return judged(getattr(error, "status_code", None), getattr(error, "body", None))
    return welcomed(account.id, account.title)


def judged(status: int | None, body) -> Tried:
    """An answer the SDK did not like: a 200 whose fields have changed since is still a welcome."""
    known = body.get("id") if status == 200 and isinstance(body, dict) else None
    return welcomed(known, body.get("title")) if isinstance(known, str) else refused(status)


def welcomed(account: str, title: str | None) -> Tried:
    return Tried(True, f"Whop knows this key: {title or account}.", account)


def refused(status: int | None) -> Tried:
    """A refusal in words, with what to do."""
    words = {401: "Whop does not know this key. Copy it again from your Whop dashboard.",
             403: "Whop knows this key, but it may not read the account. Add the permission company:basic:read.",
             404: "This key belongs to no account. Use an account or app key.",
             429: "Whop asks us to slow down. Try again in a minute."}
    if status in (None, 200):
        return Tried(False, "Whop answered something we could not read. Try again in a minute.")
    return Tried(False, words.get(status, f"Whop refused with status {status}. Try again in a minute."))
