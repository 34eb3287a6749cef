"""A saved question about people."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.spine.db import Json, Owned, Public, Row, Utc

from .fields import fold


class Segment(Owned, Public, Row):
    """People who answer a condition, counted whenever it is asked."""
    __tablename__ = "segments"
    PREFIX = "seg"
    name: Mapped[str]
    key: Mapped[str] = mapped_column(default=lambda context: fold(context.get_current_parameters()["name"]))
    condition: Mapped[dict] = mapped_column(Json, default=dict)
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(Utc, default=now, onupdate=now)
    __table_args__ = (UniqueConstraint("account_id", "key"),)
