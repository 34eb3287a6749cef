"""One webhook as it arrived: the raw body, what became of it, and the verb to try again."""
import json
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.clock import now
from app.kit.redact import mask
from app.spine.db import BigId, Json, Owned, Public, Row, Utc
from app.spine.facts import absorb, described
from app.spine.sockets import SOURCES

from ..envelope import Unreadable, parse
from .connection import Connection

STATES = ("waiting", "processed", "unused", "failed")
BACK_OFF = timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30)


class Delivery(Public, Owned, Row):
    """A webhook. `body` is the raw text (None once forgotten), `outcome` the facts it became and words on them."""
    __tablename__ = "deliveries"
    PREFIX = "dlv"
    STATES = STATES
    connection_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("connections.id", ondelete="SET NULL"))
    source: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]
    body: Mapped[str | None]
    headers: Mapped[dict] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    received_at: Mapped[datetime] = mapped_column(Utc, default=now)
    occurred_at: Mapped[datetime | None] = mapped_column(Utc)
    processed_at: Mapped[datetime | None] = mapped_column(Utc)
    retry_at: Mapped[datetime | None] = mapped_column(Utc)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    outcome: Mapped[dict] = mapped_column(Json, default=dict)
    connection: Mapped[Connection | None] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("account_id", "source", "external_id"),
        Index("ix_deliveries_state", "account_id", "state", "received_at", "id"),
        Index("ix_deliveries_received", "account_id", "received_at", "id"),
    )

    def translate(self) -> None:
        """Read the stored body, absorb its facts, and say what came of it; raises what stands in the way."""
        if self.body is None:
            raise Unreadable("The body was dropped after 30 days; only its id is left.")
        vendor = SOURCES[self.source]()
        envelope = vendor.read(self.body, self.external_id, self.received_at)
        if self.connection is not None and not self.connection.belongs(envelope.account_ref):
            raise Unreadable(f"It is about the account {envelope.account_ref}, "
                             f"but this connection belongs to {self.connection.external_account}.")
        facts = vendor.facts(envelope)
        words = [absorb(fact, self.source) for fact in facts]
        self.outcome = {"facts": [described(fact) for fact in facts], "words": [word for word in words if word]}
        self.state, self.error, self.retry_at = "processed" if facts else "unused", None, None
        self.processed_at = now()

    def fail(self, error: Exception) -> None:
        """Write down a failed try: again after a pause, or `failed` after three retries or when none can help."""
        final = isinstance(error, Unreadable) or self.attempts > len(BACK_OFF)
        self.error = mask(str(error) if isinstance(error, Unreadable) else f"{type(error).__name__}: {error}")[:500]
        self.state = "failed" if final else "waiting"
        self.retry_at = None if final else now() + BACK_OFF[self.attempts - 1]
        self.processed_at = now() if final else None

    def replay(self) -> None:
        """Have it translated again from the stored body; effects have keys of their own, so nothing happens twice."""
        if self.body is None:
            raise Unreadable("The body was dropped after 30 days; there is nothing to translate again.")
        from ..jobs import wake
        self.state, self.attempts, self.retry_at, self.error = "waiting", 0, None, None
        wake(self.account_id)

    @property
    def about(self) -> str:
        """What kind of event this is, in words."""
        if self.source not in SOURCES:
            return self.kind
        return SOURCES[self.source].kinds.get(self.kind) or f"Something new: {self.kind}"

    @property
    def pretty(self) -> str:
        """The body, indented; empty once it was dropped."""
        if self.body is None:
            return ""
        try:
            return json.dumps(parse(self.body), indent=2, ensure_ascii=False)
        except Unreadable:
            return self.body
