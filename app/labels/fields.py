"""Making a custom field, changing what it takes, and letting it go."""
from sqlalchemy import func

from app.people import FIELD_KINDS, CustomField, Person, field_key, valued
from app.spine.db import db

MOST = 100


def make_field(label: str, kind: str = "text", choices=()) -> CustomField:
    """A new field, the last of all; raises ValueError."""
    field = CustomField(key=field_key(label or ""), label="", kind="text", choices=[], place=len(CustomField.all()))
    if not field.key:
        raise ValueError("Give the field a name with letters or digits.")
    if CustomField.find(field.key) is not None:
        raise ValueError(f"There is a field called {' '.join(label.split())} already.")
    alter_field(field, label, kind, choices)
    db.session.add(field)
    db.session.flush()
    return field


def alter_field(field: CustomField, label: str, kind: str, choices=()) -> None:
    """Another label, kind or choices, as long as every value that is there fits; raises ValueError."""
    label, choices = " ".join((label or "").split()), list(dict.fromkeys(filter(None, map(str.strip, choices))))
    if not 0 < len(label) <= 60:
        raise ValueError("A field has a name of 1 to 60 characters.")
    if kind not in FIELD_KINDS:
        raise ValueError("Choose what kind of value the field holds.")
    if kind == "choice" and not 0 < len(choices) <= MOST:
        raise ValueError(f"Give 1 to {MOST} choices, one a line.")
    before = field.kind, field.choices
    field.label, field.kind, field.choices = label, kind, choices if kind == "choice" else []
    odd = misfits(field) if field.id and before != (field.kind, field.choices) else 0
    if odd:
        raise ValueError(f"{odd:,} {'person has' if odd == 1 else 'people have'} a value here that is no "
                         f"{FIELD_KINDS[kind].lower()} of this field. Change those values first.")


def holders(field: CustomField) -> int:
    """How many people have a value, merged and erased ones left out."""
    return db.session.scalar(Person.everyone().where(valued(field.key)).with_only_columns(func.count()).order_by(None))


def misfits(field: CustomField) -> int:
    """How many people have a value that this field would not take."""
    odd = 0
    for custom in db.session.scalars(Person.everyone().where(valued(field.key)).with_only_columns(Person.custom)):
        try:
            field.read(custom.get(field.key))
        except ValueError:
            odd += 1
    return odd


def remove_field(field: CustomField) -> None:
    """The field goes at once, the values behind it in the background."""
    from .jobs import forget_field
    db.session.delete(field)
    db.session.flush()
    forget_field.later(field.account_id, field.key)
