"""Stripe as a source: customers, subscriptions, invoices, charges, refunds, disputes, of old and new API versions."""
from datetime import datetime

from app.connections import Envelope, Setting, Tried, Unreadable, kind_of, parse
from app.spine.facts import Fact
from app.spine.sockets import SOURCES

from ..reading import first, moment, text
from .client import check as ask
from .kinds import KINDS
from .translate import translate
from .verify import verify as check_signature


@SOURCES.offers("stripe")
class Stripe:
    """What comes from Stripe."""
    label, icon, about = "Stripe", "credit-card", "Customers, subscriptions, payments"
    kinds = KINDS
    steps = ("In Stripe, open Developers and then Webhooks, and choose Add destination.",
             "Paste the address from this page and choose all customer, invoice, charge, payment and checkout events.",
             "Copy the signing secret that Stripe shows, it starts with whsec_, and keep it here.")
    settings = (
        Setting("webhook_secret", "Signing secret", "Starts with whsec_. Kept encrypted.", required=True),
        Setting("api_key", "Secret key", "Starts with sk_ or rk_. Needed to test. Kept encrypted."),
        Setting("external_account", "Account id", "Starts with acct_. Only for connected accounts.", False))

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
        return ask(connection)
