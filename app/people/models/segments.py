"""A saved question about people."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.spine.conditions import fold
from app.spine.db import Json, Owned, Public, Row, Utc, db


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

    @property
    def people(self):
        """Everyone in it now, as a select."""
        from .person import Person
        return Person.matching(self.condition)

    @property
    def criterion(self):
        """Its condition as SQL, to narrow another select of people."""
        from app.people.questions import PERSON
        return PERSON.where(self.condition)

    def count(self) -> int:
        """How many are in it now."""
        from .counting import counted
        return counted(self.people)

    @property
    def sentence(self) -> str:
        from app.people.questions import PERSON
        return PERSON.sentence(self.condition)

    def ask(self, condition: dict) -> None:
        """Take a new condition; raises BadCondition when it cannot be read or would ask itself."""
        from app.people.questions import PERSON
        self.condition = PERSON.check(condition, own=self.public_id)

    def rename(self, name: str) -> None:
        """A name nobody else of the account uses, whatever its case; raises ValueError."""
        name = " ".join((name or "").split())
        if not 0 < len(name) <= 80:
            raise ValueError("A segment has a name of 1 to 80 characters.")
        taken = db.session.scalar(select(Segment.id).where(Segment.key == fold(name), Segment.id != (self.id or 0)))
        if taken:
            raise ValueError(f"There is a segment called {name} already.")
        self.name, self.key = name, fold(name)
