"""Stripe's API: one place for the version, the base address and whose key it is.

Lists are read over plain JSON (`wire`): their objects have the very shape that events carry.
"""
from app.connections import Tried
from app.spine.sources import Away, Busy, Denied, Forbidden, Odd

from ..reading import text
from ..wire import Wire, base_of

VERSION = "2026-10-28.endive"        # the API and the webhooks we make are pinned to the same version
HOME, API = "https://api.stripe.com", "/v1"


def wire(connection) -> Wire:
    """The way to Stripe with this connection's secret key; LookupError without one. Never inside a transaction."""
    key = connection.credential("api_key")
    if not key:
        raise LookupError("This connection has no secret key.")
    base, ours = base_of(connection, "STRIPE_API_BASE")
    return Wire("Stripe", f"{(base or HOME).removesuffix(API)}{API}",
                {"Authorization": f"Bearer {key}", "Stripe-Version": VERSION}, ours)


def check(connection) -> Tried:
    """Ask Stripe whose key this is (GET /v1/account)."""
    try:
        account = wire(connection).ask("GET", "/account", tries=1)
    except LookupError:
        return Tried(False, "There is no secret key to try. Webhooks work without one; reading lists does not.")
    except Denied:
        return Tried(False, "Stripe does not know this key. Copy it again from the Stripe dashboard.")
    except Forbidden:
        return Tried(False, "Stripe knows this key, but it may not read the account.")
    except (Away, Odd, Busy) as trouble:
        return Tried(False, f"{trouble} Try again in a minute.", trouble=trouble)
    known = text(account, "id")
    if known is None:
        return Tried(False, "Stripe answered something we could not read. Try again in a minute.")
    return Tried(True, f"Stripe knows this key: {known}.", known)
