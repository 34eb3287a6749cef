"""Whop as a source: memberships, payments, chat and courses, in the dated and in the older webhook shapes."""
import hashlib
from datetime import datetime

from app.connections import Envelope, Setting, Tried, Unreadable, kind_of, parse
from app.spine.facts import Fact
from app.spine.sockets import SOURCES

from ..reading import moment, text
from .client import check as ask
from .kinds import KINDS, canonical
from .translate import translate
from .verify import verify as check_signature


@SOURCES.offers("whop")
class Whop:
    """What comes from Whop."""
    label, icon, about = "Whop", "users", "People, memberships, payments, chat"
    kinds = KINDS
    steps = ("In Whop, open Developer and then Webhooks, and choose Create webhook.",
             "Paste the address from this page, choose all events, and save.",
             "Copy the signing secret that Whop shows, it starts with ws_, and keep it here.")
    settings = (
        Setting("webhook_secret", "Signing secret", "Starts with ws_. Kept encrypted.", required=True),
        Setting("api_key", "API key", "Needed to send push messages and to test. Kept encrypted."),
        Setting("external_account", "Account id", "Starts with biz_. Learned from the first event when empty.", False),
        Setting("experience_id", "Experience id", "Starts with exp_. Needed to send push messages.", False))

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
        return ask(connection)


def account_of(found: dict, data: dict) -> str | None:
    """The biz_ id an envelope belongs to, dated or older."""
    said = text(data, "account_id", "account.id", "company_id", "company.id")
    return text(found, "account_id", "company_id") or (said if said and said.startswith("biz_") else None)
