"""Settings: the custom fields of the account."""
from flask import abort, request, url_for

from app.kit.pages import page, redirect_to, toast
from app.labels.fields import alter_field, holders, make_field
from app.labels.fields import remove_field as remove
from app.people import FIELD_KINDS, CustomField
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from . import bp

fills("settings.page", 45, label="Fields", icon="columns-3", permission="people.read")("labels.all_fields")


def found(key: str) -> CustomField:
    return CustomField.find(key) or abort(404)


def shown(status: int = 200, **more):
    return page("labels/fields.html", status=status, fields=CustomField.all(), kinds=FIELD_KINDS, **more)


def typed() -> tuple:
    form = request.form
    return form.get("label", ""), form.get("kind", "text"), form.get("choices", "").splitlines()


@bp.get("/fields")
@policy("people.read")
def all_fields():
    return shown()


@bp.post("/fields")
@policy("settings.write")
def add_field():
    try:
        field = make_field(*typed())
    except ValueError as error:
        db.session.rollback()
        return shown(422, error=str(error), values=request.form)
    db.session.commit()
    return toast(redirect_to(url_for("labels.all_fields")), f"{field.label} can be filled in on everybody's page.")


def one(field: CustomField, status: int = 200, error: str | None = None, values=None):
    values = values or {"label": field.label, "kind": field.kind, "choices": "\n".join(field.choices)}
    return page("labels/field_form.html", status=status, field=field, kinds=FIELD_KINDS, values=values, error=error,
                holders=holders(field))


@bp.get("/fields/<key>")
@policy("settings.write")
def edit_field(key):
    return one(found(key))


@bp.post("/fields/<key>")
@policy("settings.write")
def change_field(key):
    try:
        alter_field(found(key), *typed())
    except ValueError as error:
        db.session.rollback()
        return one(found(key), 422, str(error), request.form)
    db.session.commit()
    return redirect_to(url_for("labels.all_fields"))


@bp.post("/fields/<key>/place")
@policy("settings.write")
def move_field(key):
    """One place up or down."""
    fields = CustomField.all()
    at = next((number for number, field in enumerate(fields) if field.key == key), None)
    if at is None:
        abort(404)
    to = max(0, min(len(fields) - 1, at + (-1 if request.form.get("to") == "up" else 1)))
    fields.insert(to, fields.pop(at))
    for number, field in enumerate(fields):
        field.place = number
    db.session.commit()
    return redirect_to(url_for("labels.all_fields"))


@bp.post("/fields/<key>/removal")
@policy("settings.write")
def remove_field(key):
    field = found(key)
    label = field.label
    remove(field)
    db.session.commit()
    return toast(redirect_to(url_for("labels.all_fields")), f"{label} deleted.")
