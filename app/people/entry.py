"""A person typed in by hand: what is typed outranks what sources say."""
import re
from zoneinfo import available_timezones

from app.spine.events import record
from app.spine.facts import PersonRef

from .meeting import BY_HAND, DETAILS, attach, clean, ids_of, known_by, meet
from .models import LEAD_STATUSES, CustomField, Person
from .models.person import ADDRESS


class BadEntry(ValueError):
    """`fields` maps each refused field to what is wrong with it."""

    def __init__(self, fields: dict):
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def add(form) -> Person:
    """A new lead; raises BadEntry, also when somebody is known by that email or phone."""
    values, errors = checked(form), {}
    ref, custom = PersonRef(**values), read_custom(form, errors)
    if errors:
        raise BadEntry(errors)
    if not ids_of(ref):
        raise BadEntry({"email": "Give an email or a phone number to know this person by."})
    if (known := known_by(ids_of(ref))) is not None:
        raise BadEntry({"email": f"{known.label} is known by this email or phone already."})
    person = meet(ref, "hand", lead=True, lead_source="hand")
    person.address = read_address(form)
    filled = fill_in(person, custom)
    _by_hand(person, [*(field for field, value in values.items() if value), *filled])
    return person


def change(person: Person, form) -> list[str]:
    """Take over what was typed, empty fields too; the names of what changed. Raises BadEntry."""
    values, errors = checked(form), {}
    for field in ("email", "phone"):
        if values[field]:
            holder = known_by([(field, values[field])])
            if holder is not None and holder.id != person.id:
                errors[field] = f"This belongs to {holder.label}."
    values |= {"address": read_address(form)} if any(f"address.{part}" in form for part in ADDRESS) else {}
    custom = read_custom(form, errors)
    if errors:
        raise BadEntry(errors)
    changed = [field for field in values if (getattr(person, field) or None) != (values[field] or None)]
    for field in changed:
        setattr(person, field, values[field])
        if field in ("email", "phone") and values[field]:
            attach(person, field, values[field], "hand")
    moved = _lead_moved(person, form)
    changed += fill_in(person, custom)
    _say(person, changed)
    return [*changed, *moved]


def _lead_moved(person: Person, form) -> list[str]:
    status = form.get("lead_status") or None
    asked = "lead_status" in form and (person.stage == "lead" or person.lead_status)
    return ["lead_status"] if asked and status in (None, *LEAD_STATUSES) and person.move_lead(status) else []


def read_address(form) -> dict:
    """The parts of an address that were typed."""
    typed = {part: " ".join((form.get(f"address.{part}") or "").split())[:200] for part in ADDRESS}
    return {part: text for part, text in typed.items() if text}


def read_custom(form, errors: dict) -> dict:
    """The custom fields a form brings, `custom.<key>`, each read by its kind; complaints go into `errors`."""
    found = {}
    for field in CustomField.all() if any(name.startswith("custom.") for name in form) else ():
        if (name := f"custom.{field.key}") in form:
            try:
                found[field.key] = field.read(form.get(name))
            except ValueError as error:
                errors[name] = str(error)
    return found


def fill_in(person: Person, values: dict) -> list[str]:
    """Put these custom values in, None takes one out; the names of what changed, as `custom.<key>`."""
    custom = dict(person.custom or {})
    changed = [key for key, value in values.items() if custom.get(key) != value]
    for key in changed:
        custom.pop(key, None)
        if values[key] is not None:
            custom[key] = values[key]
    if changed:
        person.custom = custom
    return [f"custom.{key}" for key in changed]


def change_fields(person: Person, values: dict) -> list[str]:
    """Custom fields by hand, one or many: key -> what was typed. Raises BadEntry, also for a field nobody made."""
    errors = {f"custom.{key}": "There is no field with this name." for key in values.keys() - {
        field.key for field in CustomField.all()}}
    found = read_custom({f"custom.{key}": value for key, value in values.items()}, errors)
    if errors:
        raise BadEntry(errors)
    changed = fill_in(person, found)
    _say(person, changed)
    return changed


def _say(person: Person, changed: list[str]) -> None:
    if changed:
        _by_hand(person, changed)
        record("person.updated", person, fields=", ".join(name.removeprefix("custom.").replace("_", " ")
                                                          for name in changed))


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
