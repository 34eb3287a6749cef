"""A tie to a vendor: its credentials, sealed, and the address its webhooks arrive at."""
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ForeignKey, Index, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.kit import crypto
from app.kit.clock import now, parse_time, real_now
from app.spine.db import BigId, Json, Owned, Public, Row, Utc, db, insert_once, token
from app.spine.holding import lasting
from app.spine.prepared import straight
from app.spine.sockets import SOURCES

OVERLAP = timedelta(hours=24)
ENVIRONMENT = {"whop": {"webhook_secret": "WHOP_WEBHOOK_SECRET", "api_key": "WHOP_API_KEY"},
               "stripe": {"webhook_secret": "STRIPE_WEBHOOK_SECRET", "api_key": "STRIPE_SECRET_KEY"}}


@dataclass(frozen=True)
class Apart:
    """A connection's credentials away from the session, for a call that must not hold a transaction."""
    source: str
    external_account: str | None
    held: dict
    token_until: datetime | None = None

    def credential(self, name: str) -> str | None:
        return self.held.get(name)


@lasting
class Connection(Public, Owned, Row):
    """One account's tie to one vendor. `state` is on or off; `key` names it in the webhook address."""
    __tablename__ = "connections"
    PREFIX = "con"
    source: Mapped[str]
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True, default=lambda: token(32))
    origin: Mapped[str] = mapped_column(default="own")              # own, or environment: the keyless address
    credentials: Mapped[str] = mapped_column(default="")            # a sealed JSON object
    external_account: Mapped[str | None]                            # the vendor's name for the account
    state: Mapped[str] = mapped_column(default="on")
    last_delivery_at: Mapped[datetime | None] = mapped_column(Utc)
    last_error: Mapped[str | None]
    last_error_at: Mapped[datetime | None] = mapped_column(Utc)
    tested_at: Mapped[datetime | None] = mapped_column(Utc)
    test_words: Mapped[str | None]                                  # what the last test said when it failed
    webhook_ref: Mapped[str | None]                                 # the webhook we made at the vendor, its id there
    hook_words: Mapped[str | None]                                  # why we could not make one
    grants: Mapped[dict] = mapped_column(Json, default=dict)        # permission -> whether the key has it
    token_until: Mapped[datetime | None] = mapped_column(Utc)       # signed in at the vendor: the token's end
    renewing_until: Mapped[datetime | None] = mapped_column(Utc)    # somebody is asking for the next token
    unwell_since: Mapped[datetime | None] = mapped_column(Utc)      # the vendor's API does not do what it should
    unwell_words: Mapped[str | None]
    halted_at: Mapped[datetime | None] = mapped_column(Utc)         # the key is refused, until a new one
    added_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id", ondelete="SET NULL"))
    __table_args__ = (Index("ix_connections_account", "account_id", "source", "state"),)

    @validates("external_account")
    def _trim(self, _name, value):
        return (value or "").strip() or None

    @classmethod
    def add(cls, source: str, account_id: int, name: str = "", **settings) -> "Connection":
        """A new connection with its settings (webhook_secret, api_key, external_account); KeyError: no such source."""
        vendor = SOURCES[source]
        made = cls(source=source, account_id=account_id, name=name.strip() or vendor.label,
                   public_id=f"{cls.PREFIX}_{token()}")
        made.external_account = settings.pop("external_account", None) or settings.pop("account_id", None)
        made.keep(**settings)
        db.session.add(made)
        db.session.flush()
        return made

    @classmethod
    def by_key(cls, key: str) -> "Connection | None":
        """Whose webhook address this is; any account's, so look before naming one. To be read: the session does not
        know it."""
        found = straight(BY_KEY, {"key": key}).mappings().one_or_none()
        return cls(**found) if found else None

    @classmethod
    def from_environment(cls, source: str, account_id: int) -> "Connection":
        """The account's connection whose first values the environment gave; made when first asked for."""
        key = f"env:{source}:{account_id}"
        insert_once(cls, ("key",), source=source, account_id=account_id, key=key, origin="environment",
                    name=SOURCES[source].label, credentials="", state="on")
        return db.session.scalar(select(cls).where(cls.key == key))

    def _read(self) -> dict:
        if not self.credentials:
            return {}
        return json.loads(crypto.open_(self.credentials, "connections.credentials", self.public_id, self.account_id))

    def keep(self, **settings) -> None:
        """Seal these settings beside those kept before; None or "" forgets one."""
        held = {**self._read(), **settings}
        text = json.dumps({name: value for name, value in held.items() if value})
        self.credentials = crypto.seal(text, "connections.credentials", self.public_id, self.account_id)

    def credential(self, name: str) -> str | None:
        """One setting in clear; for the environment's connection the environment fills what is not kept."""
        held = self._read().get(name)
        if held is None and self.origin == "environment":
            held = current_app.config.get(ENVIRONMENT[self.source].get(name, "")) or None
        return held

    def known(self) -> set[str]:
        """The names of the settings that have a value, never the values."""
        return {name for name in self._read() if not name.startswith("previous_")} | {
            name for name in ENVIRONMENT.get(self.source, {}) if self.credential(name)}

    def plain(self, name: str) -> str:
        """A setting that is no secret, as its form shows it."""
        return (self.external_account if name == "external_account" else self.credential(name)) or ""

    def apart(self) -> Apart:
        return Apart(self.source, self.external_account, {name: self.credential(name) for name in self.known()},
                     self.token_until)

    @property
    def secrets(self) -> list[str]:
        """The webhook secrets that count now: the newest, and for a day the one before it."""
        held = self._read()
        found = [held.get("webhook_secret") or self.credential("webhook_secret")]
        until = held.get("previous_until")
        if until and parse_time(until) > real_now():
            found.append(held.get("previous_secret"))
        return [secret for secret in found if secret]

    def rotate_secret(self, secret: str) -> None:
        """Take a new webhook secret; the old one stays valid for 24 hours."""
        old = self.credential("webhook_secret")
        if secret == old:
            return
        self.keep(webhook_secret=secret, previous_secret=old, previous_until=(real_now() + OVERLAP).isoformat())

    @property
    def webhook_path(self) -> str:
        if self.origin == "environment":
            return f"/api/webhooks/{self.source}"
        return f"/api/webhooks/{self.source}/{self.key}"

    @property
    def vendor(self):
        """The source's adapter."""
        return SOURCES[self.source]()

    @property
    def trouble(self) -> str | None:
        """What is wrong with it in words: an error that no delivery has followed."""
        if self.test_words or self.unwell_words:
            return self.unwell_words or self.test_words
        newer = self.last_error_at and (self.last_delivery_at is None or self.last_error_at > self.last_delivery_at)
        return self.last_error if newer else None

    def complain(self, words: str) -> None:
        """Remember a refused delivery, at most once a minute: strangers may knock as often as they like."""
        cls, moment = type(self), real_now()
        quiet = cls.last_error_at.is_(None) | (cls.last_error_at < moment - timedelta(minutes=1))
        db.session.execute(update(cls).where(cls.id == self.id, quiet).values(last_error=words, last_error_at=moment))

    def tried(self, outcome, at: datetime) -> None:
        """Keep what a test call said; learn the vendor's account when it is not known yet."""
        self.tested_at, self.test_words = at, None if outcome.ok else outcome.words
        if outcome.ok:
            self.external_account = self.external_account or outcome.account_ref
            self.well()

    def unwell(self, words: str, halt: bool = False) -> None:
        """The vendor's API is away, or (`halt`) refuses the key; `unwell_since` says from when on."""
        self.unwell_since, self.unwell_words = self.unwell_since or now(), words
        if halt:
            self.halted_at = self.halted_at or now()

    def well(self) -> None:
        self.unwell_since = self.unwell_words = self.halted_at = None

    def sign(self, tokens) -> None:
        """Keep what signing in at the vendor gave: the access token does what a key does."""
        self.keep(api_key=tokens.access, **({"refresh_token": tokens.refresh} if tokens.refresh else {}))
        self.token_until = tokens.until

    def disconnect(self) -> None:
        """Take no more deliveries and forget the credentials; what came before stays."""
        self.state, self.credentials, self.test_words = "off", "", None
        self.webhook_ref = self.token_until = self.hook_words = None
        self.well()

    def belongs(self, account_ref: str | None) -> bool:
        """Whether a payload that names this vendor account may come in here; the first one named is learned."""
        if not account_ref:
            return True
        if self.external_account is None:
            self.external_account = account_ref
        return self.external_account == account_ref


DOOR = ("id", "account_id", "public_id", "source", "key", "state", "origin", "credentials", "external_account")
BY_KEY = select(*(getattr(Connection, name) for name in DOOR)).where(
    Connection.key == bindparam("key"), Connection.state == "on", Connection.origin == "own")
crypto.sealed(Connection, "credentials")
