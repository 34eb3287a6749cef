"""Stripe's API through its SDK: base address, version and time-outs in one place."""
from flask import current_app

from app.connections import Tried

TIMEOUT = 8


def stripe_client(connection, retries: int = 0, timeout: int = TIMEOUT):
    """The SDK's client with this connection's secret key; LookupError without one. Never inside a transaction."""
    import stripe
    key = connection.credential("api_key")
    if not key:
        raise LookupError("This connection has no secret key.")
    base = (current_app.config.get("STRIPE_API_BASE") or "").rstrip("/")
    return stripe.StripeClient(key, base_addresses={"api": base} if base else {}, max_network_retries=retries,
                               http_client=stripe.RequestsClient(timeout=timeout))


def check(connection) -> Tried:
    """Ask Stripe whose key this is."""
    import stripe
    try:
        account = stripe_client(connection).v1.accounts.retrieve_current()
    except LookupError:
        return Tried(False, "There is no secret key to try. Webhooks work without one.")
    except stripe.AuthenticationError:
        return Tried(False, "Stripe does not know this key. Copy it again from the Stripe dashboard.")
    except stripe.PermissionError:
        return Tried(False, "Stripe knows this key, but it may not read the account.")
    except stripe.APIConnectionError:
        return Tried(False, "Stripe did not answer. Try again in a minute.")
    except stripe.StripeError as error:
        return Tried(False, f"Stripe refused with status {error.http_status or 'unknown'}. Try again in a minute.")
    return Tried(True, f"Stripe knows this key: {account.id}.", account.id)
