"""Pairs that a source calls the same: open ones, of everybody or of one person; dismissing them."""
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.people import MergeSuggestion, Person
from app.spine.db import db

MOST = 200


@dataclass
class Suggestion:
    """`person` and `other` may be one, because of `reason`."""
    row: MergeSuggestion
    person: Person
    other: Person

    @property
    def public_id(self) -> str:
        return self.row.public_id

    @property
    def reason(self) -> str:
        return self.row.reason or "they look alike"


def _open(person: Person | None = None):
    one, two = aliased(Person), aliased(Person)
    found = select(MergeSuggestion, one, two).join(one, one.id == MergeSuggestion.person_id).join(
        two, two.id == MergeSuggestion.other_id).where(
            MergeSuggestion.state == "open", one.id != two.id, one.merged_into_id.is_(None), one.erased_at.is_(None),
            two.merged_into_id.is_(None), two.erased_at.is_(None))
    if person is not None:
        found = found.where(or_(MergeSuggestion.person_id == person.id, MergeSuggestion.other_id == person.id))
    return found


def open_suggestions(person: Person | None = None) -> list[Suggestion]:
    """The latest first; of one person, that person comes first in each pair."""
    found, seen = [], set()
    for row, one, two in db.session.execute(_open(person).order_by(MergeSuggestion.id.desc()).limit(MOST)):
        if (pair := frozenset((one.id, two.id))) not in seen:
            seen.add(pair)
            turned = person is not None and two.id == person.id
            found.append(Suggestion(row, two, one) if turned else Suggestion(row, one, two))
    return found


def how_many() -> int:
    return db.session.scalar(_open().with_only_columns(func.count()).order_by(None))


def dismiss(row: MergeSuggestion, state: str = "dismissed") -> None:
    """They are two people; `open` takes that back. Told the other way round, the pair goes along."""
    pair = (row.person_id, row.other_id)
    for one in db.session.scalars(select(MergeSuggestion).where(
            MergeSuggestion.person_id.in_(pair), MergeSuggestion.other_id.in_(pair), MergeSuggestion.state != "merged")):
        one.state = state
