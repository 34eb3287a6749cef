"""How a person is recognised again, and pairs that may be one person."""
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.spine.db import Owned, Public, Row
from app.spine.privacy import tells

if TYPE_CHECKING:
    from .person import Person

KINDS = ("email", "phone", "whop_user", "whop_member", "stripe", "external")


@tells(erase="delete")
class Identity(Owned, Row):
    """One id a person is known by; each belongs to one person of the account."""
    __tablename__ = "identities"
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[str]
    value: Mapped[str]
    source: Mapped[str] = mapped_column(default="app")
    person: Mapped["Person"] = relationship(back_populates="identities")
    __table_args__ = (UniqueConstraint("account_id", "kind", "value"),
                      Index("ix_identities_person", "account_id", "person_id"))


@tells(erase="delete")
class MergeSuggestion(Owned, Public, Row):
    """Two people whom one source calls the same; nobody is merged until somebody says so."""
    __tablename__ = "merge_suggestions"
    PREFIX = "mrg"
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    other_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")        # open, dismissed, merged
    __table_args__ = (UniqueConstraint("account_id", "person_id", "other_id"),
                      Index("ix_merge_suggestions_other", "account_id", "other_id"))
