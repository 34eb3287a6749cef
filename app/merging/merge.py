"""The merge itself and its undo, each within one transaction."""
from sqlalchemy import or_, select

from app.accounts import User, audited
from app.kit.clock import now
from app.people import MergeSuggestion, Person, recount
from app.spine.db import db
from app.spine.events import record
from app.spine.slots import filled

from .columns import columns_of, joined
from .models import Merge, full, plain
from .rows import carry_back, carry_over, put_back

KEYED = ("custom", "told", "counted")


class BadMerge(ValueError):
    """These two cannot be made one, or no longer be made two."""


def fitting(kept: Person, gone: Person) -> None:
    """Raises BadMerge unless these are two people who are still themselves."""
    if kept.id == gone.id:
        raise BadMerge("Choose somebody else to merge with.")
    for one in (kept, gone):
        if one.erased_at:
            raise BadMerge("Somebody who was erased cannot be merged.")
        if one.merged_into_id:
            raise BadMerge(f"{one.label} was merged already.")


def merge(kept: Person, gone: Person, choices: dict | None = None, by: User | None = None) -> Merge:
    """Make one person of two; `choices` maps fields to "gone" where the other's value is wanted. Raises BadMerge."""
    lock(kept, gone)
    fitting(kept, gone)
    done = Merge(kept_id=kept.id, gone_id=gone.id, by_id=by.id if by else None,
                 before={"kept": kept_as(kept), "gone": kept_as(gone)}, created_at=now())
    values = joined(kept, gone, choices or {})
    db.session.add(done)
    db.session.flush()
    _settle_suggestions(done)
    carry_over(done)
    for name, value in values.items():
        setattr(kept, name, value)
    gone.merged_into_id = kept.id
    db.session.flush()
    recount([kept.id])
    record("person.merged", kept, other=gone.public_id, merge=done.public_id)
    _books(kept, gone)
    db.session.flush()
    done.after = kept_as(kept)
    audited(db.session, "merge", "people", kept.public_id, after={"merged": gone.public_id, "rows": done.rows})
    db.session.flush()
    return done


def undo(done: Merge) -> None:
    """Make them two again, each as before but for what has been changed by hand since. Raises BadMerge."""
    kept, gone = done.kept, done.gone
    lock(kept, gone)
    if done.undone_at or gone.merged_into_id != kept.id:
        raise BadMerge("This merge was undone already, or a later one has to be undone first.")
    if done.until < now():
        raise BadMerge("A merge can be undone for 30 days. Those are over.")
    if kept.merged_into_id or kept.erased_at:
        raise BadMerge(f"{kept.label} was merged or erased since. Undo the later merge first.")
    carry_back(done)
    put_back(done)
    gone.merged_into_id = None
    restore(kept, done.before["kept"], done.after)
    restore(gone, done.before["gone"])
    db.session.flush()
    recount([kept.id, gone.id])
    record("person.unmerged", kept, other=gone.public_id, merge=done.public_id)
    _books(kept, gone)
    audited(db.session, "unmerge", "people", kept.public_id, after={"again": gone.public_id})
    done.undone_at, done.moved, done.remembered, done.before, done.after = now(), {}, {}, {}, {}
    db.session.flush()


def _books(*people: Person) -> None:
    """Whoever keeps rows that follow from those of a person writes them anew."""
    for rewrite, _ in filled("person.rewritten"):
        for one in people:
            rewrite(one.id)


def lock(*people: Person) -> None:
    """Nobody else merges or changes these two meanwhile; both are read anew."""
    db.session.flush()
    db.session.scalars(select(Person).where(Person.id.in_([one.id for one in people])).order_by(Person.id)
                       .with_for_update().execution_options(populate_existing=True)).all()


def kept_as(person: Person) -> dict:
    """Their columns as JSON."""
    return {name: plain(value) for name, value in columns_of(person).items()}


def restore(person: Person, before: dict, after: dict | None = None) -> None:
    """Their columns as they were, except those that say something else by now than the merge made them say."""
    now_said = kept_as(person)
    for name, value in before.items():
        if after is not None and name in KEYED:
            value = unpicked(now_said[name] or {}, value or {}, after.get(name) or {})
        elif after is not None and now_said[name] != after.get(name):
            continue
        setattr(person, name, full(value))


def unpicked(now_said: dict, before: dict, after: dict) -> dict:
    """The same for what is kept by keys: each that still says what the merge made it say is as it was."""
    kept = {key: value for key, value in now_said.items() if value != after.get(key)}
    return {**{key: value for key, value in before.items() if now_said.get(key) == after.get(key)}, **kept}


def _settle_suggestions(done: Merge) -> None:
    """That they are one is no suggestion any more."""
    pair = (done.kept_id, done.gone_id)
    for row in db.session.scalars(select(MergeSuggestion).where(or_(
            MergeSuggestion.person_id.in_(pair), MergeSuggestion.other_id.in_(pair)))):
        if {row.person_id, row.other_id} == set(pair):
            done.remember(row, "state", "person_id", "other_id")
            row.state = "merged"
    db.session.flush()
