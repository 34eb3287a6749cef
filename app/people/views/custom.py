"""One custom field of one person, changed in place."""
from flask import abort, request, url_for

from app.kit.pages import hx, page, redirect_to
from app.people.entry import BadEntry, change_fields
from app.people.models import CustomField, Person
from app.spine.db import db
from app.spine.policy import policy

from . import bp


def found(public_id: str, key: str) -> tuple[Person, CustomField]:
    return Person.find_or_404(public_id), CustomField.find(key) or abort(404)


@bp.get("/<public_id>/fields")
@policy("people.read")
def fields(public_id):
    """All of them as they stand, which is also what Cancel asks for."""
    return page("people/field.html", part="people/_fields.html", person=Person.find_or_404(public_id),
                fields=CustomField.all())


@bp.get("/<public_id>/fields/<key>")
@policy("people.write")
def field(public_id, key):
    person, one = found(public_id, key)
    return page("people/field.html", part="people/_fields.html", person=person, fields=CustomField.all(), editing=one,
                typed=(person.custom or {}).get(key))


@bp.post("/<public_id>/fields/<key>")
@policy("people.write")
def save_field(public_id, key):
    person, one = found(public_id, key)
    try:
        change_fields(person, {key: request.form.get(f"custom.{key}")})
    except BadEntry as refused:
        db.session.rollback()
        person, one = found(public_id, key)
        return page("people/field.html", part="people/_fields.html", status=422, person=person,
                    fields=CustomField.all(), editing=one, typed=request.form.get(f"custom.{key}"),
                    field_error=str(refused))
    db.session.commit()
    if not hx().is_partial:
        return redirect_to(url_for("people.show", public_id=public_id) + "#fields")
    return fields(public_id)
