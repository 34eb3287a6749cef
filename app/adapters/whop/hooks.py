"""The webhook that we make at Whop for the creator: our events, our date, found again by its address."""

from app.spine.sources import Forbidden, Hook, Odd

from ..reading import rows, text
from .client import VERSION_DATE, wire
from .kinds import KINDS

NOT_ASKED = ("account", "payout", "withdrawal", "deposit", "verification", "export", "shipment")
EVENTS = sorted(kind for kind in KINDS if not kind.startswith(NOT_ASKED))
NO_RIGHT = "This key may not make webhooks. Add the permission developer:manage_webhook, or make it by hand."


def hook(connection, url: str) -> Hook:
    """Have our events sent to this address. Whop tells the secret only once, so one whose secret is lost is made anew.
    """
    way = wire(connection)
    try:
        for known in existing(way, connection.external_account, url):
            way.ask("DELETE", f"/webhooks/{known}")
        made = way.ask("POST", "/webhooks", body={
            "url": url, "events": EVENTS, "resource_id": connection.external_account, "enabled": True,
            "api_version_date": VERSION_DATE})
    except Forbidden as error:
        raise Forbidden(NO_RIGHT) from error
    ref, secret = text(made, "id"), text(made, "webhook_secret", "secret")
    if not ref or not secret:
        raise Odd("Whop made a webhook and did not tell its secret. Make it by hand instead.")
    return Hook(ref, secret)


def existing(way, account: str | None, url: str) -> list[str]:
    """Ids of the webhooks that send to this very address already."""
    found, after = [], None
    for _ in range(20):
        answer = way.ask("GET", "/webhooks", query=[("account_id", account), ("first", 100), ("after", after)])
        found += [text(row, "id") for row in rows(answer, "data") if text(row, "url") == url and text(row, "id")]
        end = text(answer, "page_info.end_cursor")
        if not end or end == after or answer["page_info"].get("has_next_page") is not True:
            break
        after = end
    return found


def unhook(connection, ref: str) -> None:
    """Send nothing to that webhook any more; one that is gone already is as good."""
    try:
        wire(connection).ask("DELETE", f"/webhooks/{ref}", tries=1)
    except Odd as error:
        if error.status != 404:
            raise
