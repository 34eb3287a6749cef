"""Pairs that a source calls the same: open ones, of everybody or of one person; dismissing them."""
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload

from app.kit.clock import now
from app.people import MergeSuggestion, Person
from app.spine.db import db

from .models import KEPT, Merge

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


def around(person: Person) -> tuple[list[Suggestion], list[Merge]]:
    """Whom one person may be as well, and whom they were merged with and can be parted from, in one question."""
    me, row = person.id, MergeSuggestion
    lasting = and_(Merge.kept_id == me, Merge.undone_at.is_(None), Merge.created_at > now() - KEPT)
    others = union_all(select(row.other_id).where(row.person_id == me, row.state == "open"),
                       select(row.person_id).where(row.other_id == me, row.state == "open"),
                       select(Merge.gone_id).where(lasting))
    paired = and_(row.state == "open", or_(and_(row.person_id == me, row.other_id == Person.id),
                                           and_(row.other_id == me, row.person_id == Person.id)))
    found = db.session.execute(
        select(Person, row, Merge).options(joinedload(Merge.by), contains_eager(Merge.gone)).outerjoin(row, paired)
        .outerjoin(Merge, and_(lasting, Merge.gone_id == Person.id))
        .where(Person.id.in_(others), Person.id != me).order_by(Person.id)).all()
    pairs = {other.id: Suggestion(one, person, other) for other, one, _ in found
             if one is not None and other.merged_into_id is None and other.erased_at is None}
    return list(pairs.values()), list(dict.fromkeys(merge for _, _, merge in found if merge is not None))


def how_many() -> int:
    return db.session.scalar(_open().with_only_columns(func.count()).order_by(None))


def dismiss(row: MergeSuggestion, state: str = "dismissed") -> None:
    """They are two people; `open` takes that back. Told the other way round, the pair goes along."""
    pair = (row.person_id, row.other_id)
    both = MergeSuggestion.person_id.in_(pair), MergeSuggestion.other_id.in_(pair)
    for one in db.session.scalars(select(MergeSuggestion).where(*both, MergeSuggestion.state != "merged")):
        one.state = state
