"""What a merge would make, before it is made."""
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import func, select

from app.accounts import User
from app.people import Person
from app.spine.db import db

from .columns import differing
from .merge import fitting
from .rows import leads, twin

WORDS = {"events": "Entries of the timeline", "payments": "Payments", "memberships": "Memberships", "notes": "Notes",
         "taggings": "Tags", "tasks": "Tasks", "enrollments": "Ways through playbooks", "messages": "Messages",
         "identities": "Ids they are known by", "consents": "Consents"}


@dataclass(frozen=True)
class Line:
    """One field: both values, and whether somebody has to choose."""
    name: str
    label: str
    mine: object
    theirs: object

    @property
    def open(self) -> bool:
        return self.mine is not None and self.theirs is not None and self.mine != self.theirs


class Preview:
    """Two people side by side; raises BadMerge when they cannot be made one."""

    def __init__(self, kept: Person, gone: Person):
        fitting(kept, gone)
        self.kept, self.gone = kept, gone

    @cached_property
    def lines(self) -> list[Line]:
        return [Line(name, label, said(name, mine, self.kept), said(name, theirs, self.gone))
                for name, (label, mine, theirs) in differing(self.kept, self.gone).items()]

    @cached_property
    def moving(self) -> list[tuple[str, int]]:
        """What goes over, in words and numbers; what only the books keep is left out."""
        found = {}
        for model, column in leads():
            if model.__tablename__ in WORDS:
                found[model.__tablename__] = db.session.scalar(select(func.count()).select_from(model).where(
                    getattr(model, column) == self.gone.id, ~twin(model, column, self.kept.id)))
        return [(words, found[table]) for table, words in WORDS.items() if found.get(table)]


def said(name: str, value, person: Person):
    """A value as somebody reads it."""
    if name == "assigned_to" and value is not None:
        user = db.session.get(User, value)
        return user.label if user else None
    if name == "address":
        return person.address_line or None
    if name == "lead_status" and value:
        return value.capitalize()
    return ("Yes" if value else "No") if isinstance(value, bool) else value
