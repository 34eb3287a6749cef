"""Whop's API: one place for the version date, the base address and whose key it is.

Lists are read over plain JSON (`wire`), because the SDK refuses an object that lacks a field; sending goes through it.
"""
from flask import current_app

from app.connections import Tried
from app.spine.sources import Away, Busy, Denied, Forbidden, Odd

from ..reading import text
from ..wire import Wire, base_of

VERSION_DATE = "2026-10-15-1"       # the API and the webhooks are pinned to the same date
HOME, API = "https://api.whop.com", "/api/v1"
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
        root = base.rstrip("/").removesuffix(API)
        environment = WhopEnvironment(api=f"{root}{API}", vault=f"{root}/vault")
    return Whop(token=key, environment=environment, api_version_date=VERSION_DATE, timeout=timeout, max_retries=retries)


def wire(connection) -> Wire:
    """The way to Whop with this connection's key; LookupError without one."""
    key = connection.credential("api_key")
    if not key:
        raise LookupError("This connection has no API key.")
    root, ours = root_of(connection)
    return Wire("Whop", f"{root}{API}", {"Authorization": f"Bearer {key}", "Api-Version-Date": VERSION_DATE}, ours)


def root_of(connection) -> tuple[str, bool]:
    """The host without the API's path, and whether the operator chose it."""
    base, ours = base_of(connection, "WHOP_API_BASE")
    return (base or HOME).removesuffix(API), ours


def check(connection) -> Tried:
    """Ask Whop whose key this is (GET /accounts/me)."""
    try:
        account = wire(connection).ask("GET", "/accounts/me", tries=1)
    except LookupError:
        return Tried(False, "There is no API key to try. Webhooks work without one; reading lists and push messages do "
                            "not.")
    except Denied:
        return Tried(False, "Whop does not know this key. Copy it again from your Whop dashboard.")
    except Forbidden:
        return Tried(False, "Whop knows this key, but it may not read the account. Add the permission "
                            "company:basic:read.")
    except Busy as trouble:
        return Tried(False, "Whop asks us to slow down. Try again in a minute.", trouble=trouble)
    except (Away, Odd) as trouble:
        return Tried(False, silent(trouble), trouble=trouble)
    known = text(account, "id")
    if known is None:
        return Tried(False, "Whop answered something we could not read. Try again in a minute.")
    return Tried(True, f"Whop knows this key: {text(account, 'title') or known}.", known)


def silent(trouble) -> str:
    """What to say when there was no answer, or none that helps."""
    if getattr(trouble, "status", None) == 404:
        return "This key belongs to no account. Use an account or app key."
    return f"{trouble} Try again in a minute."


def accounts(connection) -> list[tuple[str, str]]:
    """(id, name) of the accounts that the token of a person who signed in may see."""
    found = wire(connection).ask("GET", "/accounts", query=[("first", 50)]).get("data") or []
    return [(row["id"], text(row, "title", "route") or row["id"]) for row in found if text(row, "id")]


def grants(connection, actions) -> dict[str, bool]:
    """What Whop says this key may do, by permission; {} when it does not tell."""
    account = connection.external_account
    if not account:
        return {}
    query = [("resource_id", account), ("actions", ",".join(actions))]
    try:
        found = wire(connection).ask("GET", "/permissions", query=query, tries=1).get("data") or []
    except (LookupError, Denied, Forbidden, Busy, Away, Odd):
        return {}
    return {row["action"]: row.get("granted") is True for row in found
            if isinstance(row, dict) and isinstance(row.get("action"), str)}
