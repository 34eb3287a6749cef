"""Stripe as a source: customers, subscriptions, invoices, charges, refunds, disputes, of old and new API versions."""
from datetime import datetime

from app.connections import Envelope, Setting, Tried, Unreadable, kind_of, parse
from app.spine.facts import Fact
from app.spine.sockets import SOURCES
from app.spine.sources import Hook, Page

from ..reading import first, moment, text
from . import client, hooks, listing
from .kinds import KINDS
from .translate import translate
from .verify import verify as check_signature


@SOURCES.offers("stripe")
class Stripe:
    """What comes from Stripe."""
    label, icon, about = "Stripe", "credit-card", "Customers, subscriptions, payments"
    kinds, lists, oauth = KINDS, listing.STEPS, None
    steps = ("In Stripe, open Developers and then Webhooks, and choose Add destination.",
             "Paste the address from this page and choose all customer, invoice, charge, payment and checkout events.",
             "Copy the signing secret that Stripe shows, it starts with whsec_, and keep it here.")
    settings = (
        Setting("api_key", "Secret key", "Starts with sk_ or rk_, under Developers, API keys. Kept encrypted."),
        Setting("webhook_secret", "Signing secret", "Starts with whsec_. Kept encrypted.", required=True),
        Setting("external_account", "Account id", "Starts with acct_. Only for connected accounts.", False),
        Setting("api_base", "API address", "Only when Stripe is reached through an address of your own.", False))

    def verify(self, headers, raw: bytes, secrets: list[str], now: datetime) -> str:
        return check_signature(headers, raw, secrets, now)

    def read(self, raw, external_id: str = "", received_at: datetime | None = None) -> Envelope:
        """A snapshot event; `account` is there only for connected accounts.

        An endpoint made in test mode sends nothing else, so whoever connects one means it: its payments count. Only
        an endpoint for connected accounts gets both, and there test mode is marked.
        """
        found = parse(raw)
        event, data = text(found, "id"), first(found, "data.object")
        kind = kind_of(found, "type")
        if not event or not isinstance(data, dict):
            raise Unreadable("The body is no Stripe event: it has no id or no object.")
        previous = first(found, "data.previous_attributes")
        account = text(found, "account")
        return Envelope(external_id=event[:255], kind=kind, occurred_at=moment(found.get("created")) or received_at,
                        data=data, account_ref=account, previous=previous if isinstance(previous, dict) else {},
                        test=bool(account) and found.get("livemode") is False)

    def facts(self, envelope: Envelope) -> list[Fact]:
        return translate(envelope)

    def check(self, connection) -> Tried:
        return client.check(connection)

    def grants(self, connection) -> dict[str, bool]:
        return {}

    def page(self, held, step: str, cursor: dict | None, since: datetime | None) -> Page:
        return listing.page(held, step, cursor, since)

    def hook(self, held, url: str) -> Hook:
        return hooks.hook(held, url)

    def unhook(self, held, ref: str) -> None:
        hooks.unhook(held, ref)
