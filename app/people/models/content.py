"""Courses, lessons, posts and files at the source."""
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.db import Owned, Public, Row, Utc


class Content(Owned, Public, Row):
    """Something people read, watch or complete; `version` is the source's time of the title we hold."""
    __tablename__ = "contents"
    PREFIX = "con"
    source: Mapped[str]
    external_id: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    parent_id: Mapped[str | None]                             # external id
    version: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("account_id", "source", "external_id"),)
