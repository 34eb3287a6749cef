"""What people absorb: persons, activity and content, in any order and any number of times."""
from sqlalchemy import select

from app.spine.db import db, insert_once
from app.spine.events import hears, record
from app.spine.facts import ActivityFact, ContentFact, PersonFact, absorbs

from . import imports  # noqa: F401 - registers the kinds of files people own
from .counts import recount
from .kinds import ACTIVITIES, activity_key
from .meeting import DETAILS, clean, lead_arrived, meet
from .models import CustomField, Person
from .models.content import Content
from .models.fields import field_key

WITH_ACCESS = ("active", "trialing", "past_due", "canceling", "paused")


@absorbs(PersonFact)
def absorb_person(fact: PersonFact, source: str) -> str:
    """Meet them and take over what is newer than what was told before."""
    person = meet(fact.who, source, at=fact.since or fact.at, lead=fact.lead, lead_source=fact.lead_source)
    changed = learn(person, {field: getattr(fact.who, field) for field in DETAILS}, fact.at.timestamp())
    changed += learn_custom(person, fact.custom, fact.at.timestamp())
    if fact.joined_at and (person.joined_at is None or fact.joined_at < person.joined_at):
        person.joined_at = fact.joined_at
    seen_active(person, fact.last_active_at)
    if fact.lead and person.stage == "lead":
        person.lead_status = person.lead_status or "new"
        person.lead_source = person.lead_source or fact.lead_source
        lead_arrived(person, source, fact.at)
    _stage(person, fact)
    if changed:
        record("person.updated", person, at=fact.at, source=source, fields=", ".join(changed))
    return "updated" if changed else "known"


def learn(person: Person, details: dict, told_at: float) -> list[str]:
    """Take over each detail unless a later source, or a human, said otherwise. The names of what changed."""
    told, changed = dict(person.told or {}), []
    for field, value in details.items():
        value = clean(field, value)
        if value is None or told.get(field, 0) > told_at:
            continue
        told[field] = told_at
        if getattr(person, field) != value:
            setattr(person, field, value)
            changed.append(field)
    if told != person.told:
        person.told = told
    return changed


def learn_custom(person: Person, values: dict, told_at: float) -> list[str]:
    """The same for custom fields; keys are made of labels, and remembered for the account."""
    told, custom, changed = dict(person.told or {}), dict(person.custom or {}), []
    for label, value in values.items():
        key = field_key(label)
        if not key or value in (None, "") or told.get(f"custom.{key}", 0) > told_at:
            continue
        told[f"custom.{key}"] = told_at
        if custom.get(key) != value:
            CustomField.seen(key, value, label)
            custom[key] = value
            changed.append(key)
    if changed:
        person.custom = custom
    if told != person.told:
        person.told = told
    return changed


def seen_active(person: Person, at) -> None:
    """Their last activity only ever moves forward."""
    if at and (person.last_active_at is None or at > person.last_active_at):
        person.last_active_at = at


def _stage(person, fact) -> None:
    """Memberships decide once there are any; before that the source's word counts, the latest one."""
    if fact.left is None or person.membership_status in WITH_ACCESS or (person.membership_status and not fact.left):
        return
    told = person.told or {}
    if told.get("left", 0) <= fact.at.timestamp():
        person.told = {**told, "left": fact.at.timestamp()}
        person.stage = "former" if fact.left else "member"


@absorbs(ActivityFact)
def absorb_activity(fact: ActivityFact, source: str) -> str:
    """Count what they did once, whoever tells it how often."""
    if fact.kind not in ACTIVITIES:
        raise ValueError(f"{fact.kind!r} is not a kind of activity")
    person = meet(fact.who, source, at=fact.at)
    data = {key: value for key, value in (("value", fact.value), ("content_id", fact.content_id),
                                          ("title", fact.title)) if value is not None}
    key = activity_key(fact, person.id)
    event = record(f"activity.{fact.kind}", person, at=fact.at, key=key, source=source, **data)
    if event is None:
        return "known"
    seen_active(person, fact.at)
    recount([person.id])
    return "counted"


@absorbs(ContentFact)
def absorb_content(fact: ContentFact, source: str) -> str:
    """Keep the newest title of a course, lesson, post or file."""
    values = {"kind": fact.kind, "title": fact.title, "parent_id": fact.parent_id, "version": fact.version}
    if insert_once(Content, ("account_id", "source", "external_id"), source=source, external_id=fact.external_id,
                   **values) is not None:
        return "created"
    content = db.session.scalar(select(Content).where(Content.source == source,
                                                      Content.external_id == fact.external_id))
    if content.version >= fact.version:
        return "known"
    for key, value in values.items():
        setattr(content, key, value)
    return "updated"


@hears("membership.activated")
def lead_won(event) -> None:
    """A lead who joins is won."""
    person = db.session.get(Person, event.person_id)
    if person.lead_status is not None:
        person.move_lead("won", event.at)


@hears("payment.succeeded")
def lead_converted(event) -> None:
    """The first payment makes a customer of a lead; an earlier one that is told later takes its place."""
    person, data = db.session.get(Person, event.person_id), event.data
    if person.lead_status is None or (person.converted_at and person.converted_at <= event.at):
        return
    first, origin = person.converted_at is None, person.lead_source or "somewhere"
    person.converted_at = event.at
    person.conversion = {name: data.get(name) for name in ("payment", "amount", "currency")} | {"origin": origin}
    person.move_lead("won", event.at)
    if first:
        record("lead.converted", person, at=event.at, key=f"lead.converted:{person.public_id}", source="people",
               payment=data.get("payment"), money=data.get("money"), origin=origin)
