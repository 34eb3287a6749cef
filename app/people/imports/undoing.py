"""Taking back what files of people and activity did."""
from sqlalchemy import Text, and_, cast, select

from app.connections import made_by, reverses, unsettled
from app.people.counts import recount
from app.people.meeting import BY_HAND
from app.people.models import CustomField, Identity, MergeSuggestion, Person, Tag, Tagging
from app.spine import privacy
from app.spine.db import db
from app.spine.events import Event

from .bulk import SOURCE

FOLLOWS = {"imported_rows", "movements", "stale_books", "conversions"}       # what others conclude from the rest
WORDS = {"events": "something happened since", "messages": "messages were sent", "notes": "there are notes",
         "taggings": "tags were put on since", "identities": "another source knows this person",
         "enrollments": "a playbook has this person", "payments": "there are payments",
         "memberships": "there is a membership"}


def watch_people(chunk, ids) -> None:
    """What a file of people may change about people we know."""
    chunk.watch(Person, ids)
    chunk.expect(Identity, "person_id", ids)
    chunk.expect(MergeSuggestion, "person_id", ids)


def built_upon(ids: set[int], one) -> dict[int, str]:
    """Whom something holds on to that did not come with this import; person id -> what."""
    found = {row.id: "changed by hand since" for row in db.session.execute(select(
        Person.id, Person.told, Person.assigned_to, Person.merged_into_id).where(Person.id.in_(ids)))
        if row.assigned_to or row.merged_into_id or BY_HAND in (row.told or {}).values()}
    for name, telling in sorted(privacy.TELLING.items(), key=lambda item: item[0] == "events"):      # the vaguest last
        if telling.above is None and name not in FOLLOWS:
            key = getattr(telling.model, telling.key)
            theirs = db.session.scalars(select(key).where(
                key.in_(ids - found.keys()), ~_ours(telling.model),
                telling.model.id.not_in(made_by(one, telling.model))))
            found |= dict.fromkeys(theirs.unique(), WORDS.get(name, f"there are {name.replace('_', ' ')}"))
    return found


def _ours(model):
    """Rows that come with every person who is imported."""
    if model is Identity:
        return Identity.source == SOURCE
    if model is Event:
        return and_(Event.source == SOURCE, Event.kind == "person.created")
    return model.id.is_(None)


def still_used(ids: set[int], one) -> dict[int, str]:
    """Tags that somebody else has."""
    return dict.fromkeys(db.session.scalars(select(Tagging.tag_id).where(Tagging.tag_id.in_(ids)).distinct()),
                         "somebody has this tag")


def still_filled(ids: set[int], one) -> dict[int, str]:
    """Fields of the creator's own that somebody has a value in."""
    fields = db.session.execute(select(CustomField.id, CustomField.key).where(CustomField.id.in_(ids))).all()
    return {field.id: "somebody has a value in it" for field in fields if db.session.scalar(
        select(Person.id).where(cast(Person.custom, Text).contains(f'"{field.key}"', autoescape=True)).limit(1))}


def moved_back(went: list, one) -> None:
    """Counters and last activity follow from the deeds that are left, but for those that are as before already."""
    people = {person_id for _, person_id in went if person_id}
    if again := unsettled(one, Person, people):
        recount(again)


reverses(Person, 50, stays=built_upon)
reverses(Event, 10, after=moved_back)
reverses(Tagging, 20)
reverses(Identity, 20)
reverses(MergeSuggestion, 20)
reverses(Tag, 60, stays=still_used)
reverses(CustomField, 60, stays=still_filled)
