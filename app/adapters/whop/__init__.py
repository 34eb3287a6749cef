"""Whop as a source: memberships, payments, chat and courses, in the dated and in the older webhook shapes."""
import hashlib
from datetime import datetime

from app.connections import Envelope, Setting, Tried, Unreadable, kind_of, parse
from app.spine.facts import Fact
from app.spine.sockets import SOURCES
from app.spine.sources import Hook, Page

from ..reading import moment, text
from . import client, hooks, listing
from .kinds import KINDS, canonical
from .oauth import SignIn
from .translate import translate
from .verify import verify as check_signature

WANTED = ("company:basic:read", "member:email:read", "member:phone:read", "developer:manage_webhook",
          *dict.fromkeys(step.needs for step in listing.STEPS))


@SOURCES.offers("whop")
class Whop:
    """What comes from Whop."""
    label, icon, about = "Whop", "users", "People, memberships, payments, chat"
    kinds, lists, oauth = KINDS, listing.STEPS, SignIn()
    steps = ("In Whop, open Developer and then Webhooks, and choose Create webhook.",
             "Paste the address from this page, choose all events, and save.",
             "Copy the signing secret that Whop shows, it starts with ws_, and keep it here.")
    settings = (
        Setting("api_key", "API key", "In Whop, under Developer, API keys. Kept encrypted."),
        Setting("webhook_secret", "Signing secret", "Starts with ws_. Kept encrypted.", required=True),
        Setting("external_account", "Account id", "Starts with biz_. Learned by itself when empty.", False),
        Setting("experience_id", "Experience id", "Starts with exp_. Needed to send push messages.", False),
        Setting("api_base", "API address", "Only for Whop's sandbox: https://sandbox-api.whop.com", False))

    def verify(self, headers, raw: bytes, secrets: list[str], now: datetime) -> str:
        return check_signature(headers, raw, secrets, now)

    def read(self, raw, external_id: str = "", received_at: datetime | None = None) -> Envelope:
        """The envelope of any generation: `type` or `action`; without an id the body's own digest is the id."""
        found = parse(raw)
        data = found.get("data")
        if not isinstance(data, dict):
            raise Unreadable("The body carries no data.")
        body = raw if isinstance(raw, bytes) else raw.encode()
        known = external_id or text(found, "id") or f"sha256:{hashlib.sha256(body).hexdigest()}"
        return Envelope(
            external_id=known[:255], kind=canonical(kind_of(found, "type", "action", "event")),
            occurred_at=moment(text(found, "timestamp", "created_at")) or received_at, data=data,
            account_ref=account_of(found, data), previous=found.get("previous_attributes") or {})

    def facts(self, envelope: Envelope) -> list[Fact]:
        return translate(envelope)

    def check(self, connection) -> Tried:
        return client.check(connection)

    def accounts(self, connection) -> list[tuple[str, str]]:
        return client.accounts(connection)

    def grants(self, connection) -> dict[str, bool]:
        return client.grants(connection, WANTED)

    def page(self, held, step: str, cursor: dict | None, since: datetime | None) -> Page:
        return listing.page(held, step, cursor, since)

    def hook(self, held, url: str) -> Hook:
        return hooks.hook(held, url)

    def unhook(self, held, ref: str) -> None:
        hooks.unhook(held, ref)


def account_of(found: dict, data: dict) -> str | None:
    """The biz_ id an envelope belongs to, dated or older."""
    said = text(data, "account_id", "account.id", "company_id", "company.id")
    return text(found, "account_id", "company_id") or (said if said and said.startswith("biz_") else None)
