"""An act on many people, and what it changed about each."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts import User, audited
from app.kit.clock import now
from app.people import Person
from app.spine.db import Json, Owned, Public, Row, Utc, db
from app.spine.privacy import tells

from .acts import Act, acts
from .selection import Selection

MOVED = 0.01                         # how much the number may change between asking and doing


class Changed(ValueError):
    """Somebody came or went since the number was shown: ask again."""


class BulkAction(Owned, Public, Row):
    """`draft` until confirmed, then `running` and `done`, `canceled` where somebody stopped it; `undoing` and `undone`
    on the way back. Its job walks by person id, `after_id` is how far it came."""
    __tablename__ = "bulk_actions"
    PREFIX = "bulk"
    act: Mapped[str]
    params: Mapped[dict] = mapped_column(Json, default=dict)
    selection: Mapped[dict] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(default="draft")
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    taken_back: Mapped[int] = mapped_column(default=0)
    after_id: Mapped[int] = mapped_column(BigInteger, default=0)
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    user: Mapped[User | None] = relationship()
    __table_args__ = (Index("ix_bulk_actions_created", "account_id", "created_at", "id"),)

    @classmethod
    def make(cls, act: str, form, selection: Selection, user=None, empty: bool = False) -> "BulkAction":
        """A draft with its exact number. ValueError for params that cannot be and, unless `empty`, for nobody."""
        made = cls(act=act, params=acts()[act].read(form), selection=selection.kept, total=selection.size(),
                   created_by=user.id if user else None)
        if not made.total and not empty:
            raise ValueError("Nobody is chosen, or nobody is there any more.")
        db.session.add(made)
        db.session.flush()
        return made

    @property
    def does(self) -> Act:
        return acts()[self.act]

    @property
    def chosen(self) -> Selection:
        return Selection.told(self.selection)

    @property
    def sentence(self) -> str:
        """Add the tag “VIP” to 1,204 people"""
        return f"{self.does.say(self.params)} {self.total:,} {'person' if self.total == 1 else 'people'}"

    def start(self, at_once: bool = False) -> None:
        """Have it done by a job, or by the caller. Raises Changed, the new number shown, when the number moved."""
        from .jobs import carry
        if self.state != "draft":
            return
        size = self.chosen.size()
        if abs(size - self.total) > max(self.total, size) * MOVED:
            self.total = size
            raise Changed(f"It is {size:,} people now. Look again before you go on.")
        self.total, self.state, self.started_at = size, "running", now()
        audited(db.session, "update", "people", self.public_id,
                after={"act": self.act, "people": size, "who": self.chosen.sentence()})
        if not at_once:
            carry.later(self.id, key=f"bulk:{self.id}")

    def stop(self) -> None:
        """No further; what is done stays done, and can be taken back."""
        if self.state == "running":
            self.state, self.finished_at = "canceled", now()

    @property
    def can_undo(self) -> bool:
        return self.does.undo is not None and self.state in ("done", "canceled") and self.changed > 0

    def undo(self) -> None:
        """Take back what it changed, as far as it still stands."""
        from .jobs import take_back
        if self.can_undo:
            self.state, self.after_id = "undoing", 0
            audited(db.session, "update", "people", self.public_id, after={"act": self.act, "undo": self.changed})
            take_back.later(self.id, key=f"bulk:{self.id}")


@tells(erase="delete")
class BulkChange(Owned, Row):
    """One person it changed, with what was before; or why it could not (`why`, also of the way back)."""
    __tablename__ = "bulk_changes"
    action_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("bulk_actions.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    before: Mapped[int | None] = mapped_column(BigInteger)
    why: Mapped[str | None]
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("account_id", "action_id", "person_id"),
                      Index("ix_bulk_changes_person", "account_id", "person_id"))
