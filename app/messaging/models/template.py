"""A template: the words of a message with `{{variables}}`, and every version of them that was ever sent."""
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.kit.clock import now
from app.spine.db import BigId, Owned, Public, Row, Utc, db

from ..variables import BadTemplate, check

CATEGORIES = {"transactional": "Service", "lifecycle": "Lifecycle", "promo": "Promotion"}
CHANNEL_NAMES = {"email": "Email", "push": "Whop message", "in_app": "In the portal", "sandbox": "Sandbox"}
LONGEST = {"name": 120, "subject": 200, "body": 20_000}


class Template(Public, Owned, Row):
    """What to say, by which channel, in which category. `revise` makes the next version and keeps the last."""
    __tablename__ = "templates"
    PREFIX = "tpl"
    name: Mapped[str]
    category: Mapped[str] = mapped_column(default="lifecycle")       # transactional, lifecycle, promo
    channel: Mapped[str] = mapped_column(default="email")            # email, push, in_app, sandbox
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(Utc, default=now, onupdate=now)
    archived_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (Index("ix_templates_name", "account_id", "name", "id"),)

    @validates("subject", "body", "name")
    def _words(self, field, value):
        value = (value or "").replace("\r\n", "\n").strip()
        if len(value) > LONGEST[field]:
            raise BadTemplate(field, f"This is longer than {LONGEST[field]:,} characters.")
        if field == "subject" and "\n" in value:
            raise BadTemplate(field, "A subject has one line.")
        if field != "name":
            check(value, field)
        return value

    @validates("category", "channel")
    def _choice(self, field, value):
        if value not in (CATEGORIES if field == "category" else CHANNEL_NAMES):
            raise BadTemplate(field, f"{value!r} is no {field}.")
        return value

    def revise(self, **words) -> bool:
        """New name, subject, body, category or channel. Words that changed make a version. Raises BadTemplate."""
        before = (self.subject, self.body)
        for field, value in words.items():
            setattr(self, field, value)
        if (self.subject, self.body) == before:
            return False
        db.session.add(TemplateVersion(template_id=self.id, version=self.version, subject=before[0], body=before[1]))
        self.version += 1
        return True

    def words(self, version: int) -> tuple[str, str]:
        """(subject, body) as they stood in this version."""
        if version != self.version:
            old = db.session.execute(select(TemplateVersion.subject, TemplateVersion.body).where(
                TemplateVersion.template_id == self.id, TemplateVersion.version == version)).first()
            if old:
                return old.subject, old.body
        return self.subject, self.body


class TemplateVersion(Owned, Row):
    """The words of a template before a revision."""
    __tablename__ = "template_versions"
    template_id: Mapped[int] = mapped_column(BigId, ForeignKey("templates.id", ondelete="CASCADE"))
    version: Mapped[int]
    subject: Mapped[str]
    body: Mapped[str]
    __table_args__ = (UniqueConstraint("account_id", "template_id", "version"),)
