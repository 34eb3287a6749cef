"""A person typed in by hand: what is typed outranks what sources say."""
import re
from zoneinfo import available_timezones

from app.spine.events import record
from app.spine.facts import PersonRef

from .meeting import BY_HAND, DETAILS, attach, clean, ids_of, known_by, meet
from .models import LEAD_STATUSES, Person


class BadEntry(ValueError):
    """`fields` maps each refused field to what is wrong with it."""

    def __init__(self, fields: dict):
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def add(form) -> Person:
    """A new lead; raises BadEntry, also when somebody is known by that email or phone."""
    values = checked(form)
    ref = PersonRef(**values)
    if not ids_of(ref):
        raise BadEntry({"email": "Give an email or a phone number to know this person by."})
    if (known := known_by(ids_of(ref))) is not None:
        raise BadEntry({"email": f"{known.label} is known by this email or phone already."})
    person = meet(ref, "hand", lead=True, lead_source="hand")
    _by_hand(person, [field for field, value in values.items() if value])
    return person


def change(person: Person, form) -> list[str]:
    """Take over what was typed, empty fields too; the names of what changed. Raises BadEntry."""
    values, errors = checked(form), {}
    for field in ("email", "phone"):
        if values[field]:
            holder = known_by([(field, values[field])])
            if holder is not None and holder.id != person.id:
                errors[field] = f"This belongs to {holder.label}."
    if errors:
        raise BadEntry(errors)
    changed = [field for field in DETAILS if getattr(person, field) != values[field]]
    for field in changed:
        setattr(person, field, values[field])
        if field in ("email", "phone") and values[field]:
            attach(person, field, values[field], "hand")
    status = form.get("lead_status") or None
    if person.stage == "lead" and status != person.lead_status and status in (None, *LEAD_STATUSES):
        person.lead_status = status
        changed.append("lead_status")
    if changed:
        _by_hand(person, changed)
        record("person.updated", person, fields=", ".join(field.replace("_", " ") for field in changed))
    return changed


def checked(form) -> dict:
    """Every detail, cleaned, None where nothing was typed; raises BadEntry."""
    typed = {field: (form.get(field) or "").strip() for field in DETAILS}
    values = {field: clean(field, text) for field, text in typed.items()}
    errors = {}
    if typed["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", values["email"] or ""):
        errors["email"] = "This is not an email address, such as ana@example.com."
    if typed["phone"] and not values["phone"]:
        errors["phone"] = "A phone number has at least six digits."
    if typed["country"] and not re.fullmatch(r"[A-Z]{2}", values["country"] or ""):
        errors["country"] = "Use the two letters of the country, such as PT."
    if typed["timezone"] and values["timezone"] not in available_timezones():
        errors["timezone"] = "Use a zone such as Europe/Lisbon."
    if errors:
        raise BadEntry(errors)
    return values


def _by_hand(person: Person, fields) -> None:
    person.told = {**(person.told or {}), **dict.fromkeys(fields, BY_HAND)}
