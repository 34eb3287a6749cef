"""A message: one row per person and occasion, from the intention to the last click."""
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.clock import now
from app.people import Person
from app.spine.db import BigId, Json, Owned, Public, Row, Utc, db, token
from app.spine.privacy import tells

from .template import CATEGORIES, Template

STATES = ("draft", "queued", "held", "claimed", "attempting", "sent", "delivered", "bounced", "complained", "failed",
          "unclear", "skipped", "canceled")
WAITING = ("draft", "queued", "held", "claimed", "attempting")
OUT = ("sent", "delivered", "bounced", "complained")
FINAL = (*OUT, "failed", "skipped", "canceled")
LATE = timedelta(hours=6)
KEPT = timedelta(hours=72)          # how long marketing waits for its turn before it is out of date


class WrongState(ValueError):
    """The message has moved on; what was asked is no longer possible."""


@tells(blank=("address", "subject", "body_text", "body_html", "variables"))
class Message(Public, Owned, Row):
    """`state` per contract, why in `reason` (a code) and `reason_words`. Words and address are frozen when it is sent.

    `opened_at` and `clicked_at` are a human's first; machines are kept in `MessageEvent` alone.
    """
    __tablename__ = "messages"
    PREFIX = "msg"
    STATES = STATES
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    template_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("templates.id", ondelete="SET NULL"))
    template_version: Mapped[int | None]
    channel: Mapped[str]
    category: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    reason: Mapped[str | None]
    reason_words: Mapped[str | None]
    dedupe_key: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(Utc, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(Utc)
    released_at: Mapped[datetime | None] = mapped_column(Utc)        # a human let it go although it was late
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(Utc)        # on the real clock
    attempt: Mapped[int] = mapped_column(default=0)
    address: Mapped[str | None]
    subject: Mapped[str | None]
    body_text: Mapped[str | None]
    body_html: Mapped[str | None]
    provider_id: Mapped[str | None]
    attempted_at: Mapped[datetime | None] = mapped_column(Utc)
    sent_at: Mapped[datetime | None] = mapped_column(Utc)
    delivered_at: Mapped[datetime | None] = mapped_column(Utc)
    opened_at: Mapped[datetime | None] = mapped_column(Utc)
    clicked_at: Mapped[datetime | None] = mapped_column(Utc)
    unsubscribed_at: Mapped[datetime | None] = mapped_column(Utc)
    automation_id: Mapped[int | None] = mapped_column(BigId)
    automation_ref: Mapped[str | None]                               # the playbook's public id
    playbook: Mapped[str | None]                                     # its name when this was made
    enrollment_id: Mapped[int | None] = mapped_column(BigId)
    step_key: Mapped[str | None]
    is_test: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=50)                # smaller goes first
    variables: Mapped[dict] = mapped_column(Json, default=dict)      # values that came with the occasion
    token: Mapped[str] = mapped_column(unique=True, default=lambda: token(24))   # proves unsubscribe and open
    person: Mapped[Person] = relationship(Person)
    template: Mapped[Template | None] = relationship(Template)
    __table_args__ = (
        UniqueConstraint("account_id", "dedupe_key"),
        Index("ix_messages_due", "account_id", "state", "due_at", "id"),
        Index("ix_messages_person", "account_id", "person_id", "attempted_at"),
        Index("ix_messages_made", "account_id", "created_at", "id"),
        Index("ix_messages_automation", "account_id", "automation_id", "sent_at"),
        Index("ix_messages_enrollment", "account_id", "enrollment_id"),
        Index("ix_messages_provider", "account_id", "provider_id"),
    )

    @classmethod
    def inbox(cls, person):
        """A select of what waits for a person in the portal, newest first."""
        mine = select(cls).where(cls.person_id == person.id, cls.channel == "in_app", cls.state == "delivered")
        return mine.order_by(cls.delivered_at.desc(), cls.id.desc())

    def cancel(self, reason: str = "canceled", words: str = "Canceled by hand.") -> bool:
        """Stop it unless it may be on its way. False when it was too late."""
        return self._move(("draft", "queued", "held", "claimed"), state="canceled", reason=reason, reason_words=words,
                          lease=None)

    def release(self) -> None:
        """Let a held message go now, late or not. Raises WrongState."""
        moment = now()
        stale = self.expires_at and self.expires_at <= moment
        if not self._move(("held",), state="queued", reason=None, reason_words=None, due_at=moment, released_at=moment,
                          expires_at=moment + KEPT if stale else self.expires_at):
            raise WrongState("Only a held message can be released.")

    def resolve(self, how: str) -> None:
        """A human says what became of an unclear message: resend, sent or failed. Raises WrongState."""
        moment = now()
        values = {"resend": {"state": "queued", "reason": None, "reason_words": None, "due_at": moment},
                  "sent": {"state": "sent", "sent_at": self.attempted_at or moment},
                  "failed": {"state": "failed"}}[how]
        marked = {"reason": "resolved", "reason_words": f"Marked as {how} by hand."}
        if not self._move(("unclear",), **{**marked, **values, "lease": None}):
            raise WrongState("Only an unclear message needs this.")

    def _move(self, states, **values) -> bool:
        """Change the row only while it is in one of the states: a worker may hold it at the same moment."""
        db.session.flush()
        moved = db.session.execute(update(Message).where(Message.id == self.id, Message.state.in_(states)).values(
            **values).execution_options(synchronize_session=False))
        db.session.refresh(self)
        return moved.rowcount == 1

    def facts(self, **more) -> dict:
        """The data that every event about it carries."""
        return {"message": self.public_id, "template": self.template.public_id if self.template else None,
                "automation": self.automation_ref, "channel": self.channel,
                "subject": self.subject or (self.template.name if self.template else None), **more}


__all__ = ["CATEGORIES", "FINAL", "LATE", "OUT", "STATES", "WAITING", "Message", "WrongState"]
