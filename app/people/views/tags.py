"""Tags on one person."""
from flask import render_template, request, url_for

from app.kit.pages import hx, redirect_to
from app.people.models import Person, Tag
from app.spine.db import db
from app.spine.policy import policy

from . import bp


def shown(person: Person, status: int = 200, **more):
    """The tags part for htmx, else the person's page."""
    from .person import page_of, tags_around
    if hx().is_partial:
        return render_template("people/_tags.html", person=person, **tags_around(person), **more), status
    if status != 200:
        return page_of(person, status, **more)
    return redirect_to(url_for("people.show", public_id=person.public_id) + "#tags")


@bp.post("/<public_id>/tags")
@policy("people.write")
def add_tag(public_id):
    person = Person.find_or_404(public_id)
    try:
        person.tag(request.form.get("name", ""))
    except ValueError as error:
        return shown(person, 422, tag_error=str(error))
    db.session.commit()
    return shown(person)


@bp.post("/<public_id>/tags/<tag_id>/removal")
@policy("people.write")
def remove_tag(public_id, tag_id):
    person, tag = Person.find_or_404(public_id), Tag.find_or_404(tag_id)
    person.untag(tag.name)
    db.session.commit()
    return shown(person)
