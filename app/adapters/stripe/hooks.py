"""The webhook endpoint that we make at Stripe for the creator, found again by its address."""

from app.spine.sources import Forbidden, Hook, Odd

from ..reading import rows, text
from .client import VERSION, wire
from .kinds import KINDS

NOT_ASKED = ("payout.", "payment_method.", "invoice.upcoming", "charge.pending", "charge.updated",
             "payment_intent.created", "payment_intent.processing")
EVENTS = sorted(kind for kind in KINDS if not kind.startswith(NOT_ASKED))
NO_RIGHT = "This key may not make webhooks. Give it write access to webhook endpoints, or make one by hand."


def hook(connection, url: str) -> Hook:
    """Have our events sent to this address. Stripe tells the secret only once, so one whose secret is lost is made
    anew."""
    way = wire(connection)
    form = [("url", url), ("api_version", VERSION), ("description", "RevenueAngel"),
            *((f"enabled_events[{number}]", kind) for number, kind in enumerate(EVENTS))]
    try:
        for known in existing(way, url):
            way.ask("DELETE", f"/webhook_endpoints/{known}")
        made = way.ask("POST", "/webhook_endpoints", form=form)
    except Forbidden as error:
        raise Forbidden(NO_RIGHT) from error
    ref, secret = text(made, "id"), text(made, "secret")
    if not ref or not secret:
        raise Odd("Stripe made a webhook and did not tell its secret. Make it by hand instead.")
    return Hook(ref, secret)


def existing(way, url: str) -> list[str]:
    """Ids of the endpoints that send to this very address already; Stripe allows sixteen."""
    found = rows(way.ask("GET", "/webhook_endpoints", query=[("limit", 100)]), "data")
    return [text(row, "id") for row in found if text(row, "url") == url and text(row, "id")]


def unhook(connection, ref: str) -> None:
    """Send nothing to that endpoint any more; one that is gone already is as good."""
    try:
        wire(connection).ask("DELETE", f"/webhook_endpoints/{ref}", tries=1)
    except Odd as error:
        if error.status != 404:
            raise
