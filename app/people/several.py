"""What is done to many people at once: a statement for all of them, an event for each."""
from sqlalchemy import delete, insert, select, update

from app.accounts import User
from app.kit.clock import now
from app.spine.db import current_account_id, db, new_public_id
from app.spine.events import record_all

from .models import Note, Person, Tag, Tagging
from .models.notes import checked

STRIDE = 500


def tag_all(ids: list[int], name: str, source: str = "bulk") -> list[int]:
    """Put a tag on these people; who did not have it before. Raises ValueError for an impossible name."""
    tag = Tag.named(name)
    held = set()
    for some in _strides(ids):
        held |= set(db.session.scalars(select(Tagging.person_id).where(Tagging.tag_id == tag.id,
                                                                       Tagging.person_id.in_(some))))
    new = [one for one in ids if one not in held]
    if new:
        moment, account_id = now(), current_account_id()
        db.session.execute(insert(Tagging), [{"tag_id": tag.id, "person_id": one, "source": source,
                                              "account_id": account_id, "created_at": moment} for one in new])
        record_all("person.tagged", new, tag=tag.name)
    return new


def untag_all(ids: list[int], name: str) -> list[int]:
    """Take a tag off these people; who had it."""
    tag = Tag.meant(name)
    gone: list[int] = []
    for some in _strides(ids if tag else []):
        gone += db.session.scalars(delete(Tagging).where(
            Tagging.tag_id == tag.id, Tagging.person_id.in_(some)).returning(Tagging.person_id)
            .execution_options(synchronize_session=False)).all()
    if gone:
        record_all("person.untagged", gone, tag=tag.name)
    return gone


def assign_all(ids: list[int], user: User | None) -> dict[int, int | None]:
    """Have a teammate look after these people, or nobody; who did before, for those it changes."""
    before: dict[int, int | None] = {}
    for some in _strides(ids):
        before |= dict(db.session.execute(select(Person.id, Person.assigned_to).where(
            Person.id.in_(some), Person.assigned_to.is_distinct_from(user and user.id))).tuples().all())
    for some in _strides(list(before)):
        db.session.execute(update(Person).where(Person.id.in_(some)).values(
            assigned_to=user and user.id, updated_at=now()), execution_options={"synchronize_session": False})
    if user is not None:
        record_all("person.assigned", list(before), to=user.label, user=user.public_id)
    else:
        record_all("person.unassigned", list(before), previous=None)
    return before


def note_all(ids: list[int], body: str, author_id: int | None) -> dict[int, int]:
    """Write the same note about each of these people; person id -> the note's id."""
    body, moment, account_id = checked(body), now(), current_account_id()
    rows = [{"person_id": one, "body": body, "author_id": author_id, "pinned": False, "account_id": account_id,
             "created_at": moment, "public_id": new_public_id(Note)} for one in ids]
    if not rows:
        return {}
    db.session.execute(insert(Note), rows)
    made = {row["public_id"]: row["person_id"] for row in rows}
    notes: dict[int, int] = {}
    for some in _strides(list(made)):
        notes |= {made[public_id]: note_id for note_id, public_id in db.session.execute(
            select(Note.id, Note.public_id).where(Note.public_id.in_(some)))}
    record_all("note.added", list(notes))
    return notes


def unnote_all(note_ids: list[int]) -> None:
    """Delete these notes."""
    for some in _strides(note_ids):
        db.session.execute(delete(Note).where(Note.id.in_(some)), execution_options={"synchronize_session": False})


def _strides(ids: list):
    return (ids[start:start + STRIDE] for start in range(0, len(ids), STRIDE))
