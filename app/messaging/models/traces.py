"""What came back about a message: provider events, opens, clicks; and the links that were in it."""
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.clock import now
from app.spine.db import BigId, Owned, Row, Utc, token

from .message import Message


class MessageEvent(Owned, Row):
    """One thing that happened to a message; once per source and the provider's own id. `machine`: no human did it."""
    __tablename__ = "message_events"
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id", ondelete="CASCADE"))
    kind: Mapped[str]                                   # delivered opened clicked bounced complained unsubscribed
    source: Mapped[str] = mapped_column(default="app")
    provider_event_id: Mapped[str | None]
    link_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("links.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Utc, default=now)
    machine: Mapped[bool] = mapped_column(default=False)
    message: Mapped[Message] = relationship(Message)
    __table_args__ = (UniqueConstraint("account_id", "source", "provider_event_id"),
                      Index("ix_message_events_message", "account_id", "message_id", "at"))


class Link(Owned, Row):
    """An address that stood in one message; the only addresses a tracked click leads to."""
    __tablename__ = "links"
    message_id: Mapped[int] = mapped_column(BigId, ForeignKey("messages.id", ondelete="CASCADE"))
    url: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True, default=lambda: token(24))
    message: Mapped[Message] = relationship(Message)
    __table_args__ = (UniqueConstraint("account_id", "message_id", "url"),)
