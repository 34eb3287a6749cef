"""A saved question about people."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.people import PERSON, Person, counted
from app.spine.conditions import fold
from app.spine.db import Json, Owned, Public, Row, Utc, db

COLOURS = ("", "sky", "rust", "green", "violet", "amber", "plum", "grey", "indigo")    # of the charts, in their order


class Segment(Owned, Public, Row):
    """People who answer a condition, counted whenever it is asked. `watched_at`: since when we keep who comes and
    goes; `looked_at`: when that was last brought up to date."""
    __tablename__ = "segments"
    PREFIX = "seg"
    name: Mapped[str]
    key: Mapped[str] = mapped_column(default=lambda context: fold(context.get_current_parameters()["name"]))
    description: Mapped[str] = mapped_column(default="", server_default="")
    colour: Mapped[str] = mapped_column(default="", server_default="")
    condition: Mapped[dict] = mapped_column(Json, default=dict)
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(Utc, default=now)
    watched_at: Mapped[datetime | None] = mapped_column(Utc)
    looked_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @property
    def people(self):
        """Everyone in it now, as a select."""
        return Person.matching(self.condition)

    @property
    def criterion(self):
        """Its condition as SQL, to narrow another select of people."""
        return PERSON.where(self.condition)

    def count(self) -> int:
        """How many are in it now."""
        return counted(self.people)

    @property
    def sentence(self) -> str:
        return PERSON.sentence(self.condition)

    def ask(self, condition: dict) -> None:
        """Take a new condition; raises BadCondition when it cannot be read or would ask itself."""
        checked = PERSON.check(condition, own=self.public_id)
        if checked != self.condition:
            self.condition, self.updated_at = checked, now()

    def rename(self, name: str) -> None:
        """A name nobody else of the account uses, whatever its case; raises ValueError."""
        name = " ".join((name or "").split())
        if not 0 < len(name) <= 80:
            raise ValueError("A segment has a name of 1 to 80 characters.")
        taken = db.session.scalar(select(Segment.id).where(Segment.key == fold(name), Segment.id != (self.id or 0)))
        if taken:
            raise ValueError(f"There is a segment called {name} already.")
        if name != self.name:
            self.name, self.key, self.updated_at = name, fold(name), now()

    def describe(self, description: str) -> None:
        """A line about what it is for; raises ValueError."""
        description = " ".join((description or "").split())
        if len(description) > 300:
            raise ValueError("A description has at most 300 characters.")
        if description != self.description:
            self.description, self.updated_at = description, now()

    def recolour(self, colour: str) -> None:
        """One of COLOURS; raises ValueError."""
        if (colour or "") not in COLOURS:
            raise ValueError("Choose one of the colours.")
        if (colour or "") != self.colour:
            self.colour, self.updated_at = colour or "", now()

    def take(self, said) -> dict[str, str]:
        """Take over name, description and colour, those that are said; field -> what is wrong with it."""
        wrong = {}
        for field, change in (("name", self.rename), ("description", self.describe), ("colour", self.recolour)):
            if field in said:
                try:
                    change(said[field])
                except ValueError as error:
                    wrong[field] = str(error)
        return wrong
