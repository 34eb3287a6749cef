"""Recognising a person by whatever a source says about them, and meeting each one once."""
import re

from sqlalchemy import select

from app.accounts import audited
from app.kit.clock import now
from app.spine.db import add_once, db, insert_once
from app.spine.events import record
from app.spine.facts import PersonRef
from app.spine.prepared import Prepared, many

from .models import Identity, MergeSuggestion, Person
from .models.person import written_forms

SURE = ("whop_member", "whop_user", "stripe", "external", "email")      # in the order they are believed
BY_HAND = 32_503_680_000                                    # what a human typed outranks every source
DETAILS = ("email", "name", "username", "phone", "country", "timezone")


class Nobody(ValueError):
    """A reference without one id by which a person could be found again."""


def ids_of(ref: PersonRef) -> list[tuple[str, str]]:
    """The (kind, value) pairs a reference carries, cleaned, the surest first; a phone comes last."""
    found = {kind: (getattr(ref, kind) or "").strip() for kind in SURE}
    found["email"] = clean("email", found["email"]) or ""
    if found["external"].startswith("mber_") and not found["whop_member"]:
        found["whop_member"] = found["external"]
    found["phone"] = clean("phone", ref.phone) or ""
    return [(kind, value) for kind, value in found.items() if value]


def clean(field: str, value):
    """A detail as it is kept: email in lower case, phone as digits, country in capitals; None for nothing."""
    value = " ".join(str(value).replace("\x00", "").split()) if value is not None else ""
    if field == "email":
        value = value.lower() if "@" in value and " " not in value and len(value) <= 254 else ""
    elif field == "phone":
        digits = re.sub(r"\D", "", value)
        value = ("+" if value.startswith(("+", "00")) else "") + digits.removeprefix("00") if len(digits) > 5 else ""
    elif field == "country":
        value = value.upper()
    return value[:500] or None


def meet(ref: PersonRef, source: str, *, at=None, lead: bool = False, lead_source: str | None = None) -> Person:
    """The person this is about, made when nobody is known by any of the ids. Empty details are filled in.

    Two people behind one reference: the older is the answer and a MergeSuggestion is kept. Raises Nobody.
    """
    ids = ids_of(ref)
    if not ids:
        raise Nobody("neither an email, a phone nor an id says who this is")
    held = owners(ids)
    person = known_by(ids, held)
    if person is None:
        person, held = _create(ids, ref, source, at, lead, lead_source)
    else:
        fill(person, {field: getattr(ref, field) for field in DETAILS})
    for kind, value in ids:
        if held.get((kind, value)) != person.id:
            attach(person, kind, value, source)
    return person


def known_by(ids, owned: dict | None = None) -> Person | None:
    """Whoever one of the ids belongs to, the oldest of several; a phone counts only when it is all there is."""
    sure = [pair for pair in ids if pair[0] != "phone"] or ids
    held = {pair: person for pair, person in (owners(sure) if owned is None else owned).items() if pair in sure}
    if not held:
        return None
    people = {standing(db.session.get(Person, person_id)) for person_id in set(held.values())}
    return min(people, key=lambda person: person.id)


OWNERS = Prepared(lambda: select(Identity.kind, Identity.value, Identity.person_id).where(
    Identity.kind.in_(many("kinds")), Identity.value.in_(many("values"))))


def owners(ids) -> dict[tuple[str, str], int]:
    """(kind, value) -> person id, for those of the ids that are known."""
    wanted = set(ids)
    found = OWNERS(kinds=sorted({kind for kind, _ in wanted}), values=sorted({value for _, value in wanted}))
    return {(kind, value): person_id for kind, value, person_id in found if (kind, value) in wanted}


def attach(person: Person, kind: str, value: str, source: str) -> None:
    """Know this person by one more id; if it is somebody else's, suggest that they are one."""
    if insert_once(Identity, ("account_id", "kind", "value"), person_id=person.id, kind=kind, value=value,
                   source=source) is not None:
        return
    holder = owners([(kind, value)]).get((kind, value))
    other = standing(db.session.get(Person, holder)) if holder else person
    if other.id != person.id:
        older, younger = sorted((person.id, other.id))
        insert_once(MergeSuggestion, ("account_id", "person_id", "other_id"), person_id=older, other_id=younger,
                    reason=f"same {kind.replace('_', ' ')}", state="open")


def fill(person: Person, details: dict) -> list[str]:
    """Put in what is not known yet; never replaces anything. The names of the fields that were filled."""
    filled = []
    for field, value in details.items():
        value = clean(field, value)
        if value is not None and not getattr(person, field):
            setattr(person, field, value)
            filled.append(field)
    return filled


def standing(person: Person) -> Person:
    """Who this is by now: somebody merged away is who they became part of."""
    while person.merged_into_id:
        person = db.session.get(Person, person.merged_into_id)
    return person


def _create(ids, ref, source, at, lead, lead_source) -> tuple[Person, dict]:
    """A new person under these ids, and who holds which; somebody else's, who met them at the same moment."""
    details = {field: clean(field, getattr(ref, field)) for field in DETAILS}
    person = add_once(Person, (), **details, **written_forms(details), stage="lead", updated_at=now(),
                      lead_status="new" if lead else None, lead_source=lead_source)
    mine = sorted(pair for pair in ids if pair[0] != "phone" or len(ids) == 1)
    new = [insert_once(Identity, ("account_id", "kind", "value"), person_id=person.id, kind=kind, value=value,
                       source=source) for kind, value in mine]
    if None in new:
        db.session.delete(person)
        db.session.flush()
        held = owners(ids)
        return known_by(ids, held), held
    audited(db.session, "create", "people", person.public_id, after={k: v for k, v in details.items() if v})
    record("person.created", person, at=at, key=f"person.created:{person.public_id}", source=source, origin=source)
    if lead:
        lead_arrived(person, source, at)
    return person, dict.fromkeys(mine, person.id)


def lead_arrived(person: Person, source: str, at=None) -> None:
    """Say once that they became a lead."""
    record("lead.created", person, at=at or now(), key=f"lead.created:{person.public_id}", source="people",
           origin=person.lead_source or source)


