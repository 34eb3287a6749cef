"""Notes about one person."""
from flask import abort, g, render_template, request, url_for

from app.kit.pages import hx, page, redirect_to, toast
from app.people.models import Note, Person
from app.spine.db import db
from app.spine.policy import policy

from . import bp


def found(public_id, note_id) -> tuple[Person, Note]:
    person, note = Person.find_or_404(public_id), Note.find_or_404(note_id)
    if note.person_id != person.id:
        abort(404)
    return person, note


def shown(person: Person, status: int = 200, **more):
    """The notes part for htmx, else the person's page."""
    if hx().is_partial:
        return render_template("people/_notes.html", person=person, **more), status
    if status != 200:
        from .person import page_of
        return page_of(person, status, **more)
    return redirect_to(url_for("people.show", public_id=person.public_id) + "#notes")


@bp.post("/<public_id>/notes")
@policy("people.write")
def add_note(public_id):
    person, body = Person.find_or_404(public_id), request.form.get("body", "")
    try:
        person.note(body, author=g.user)
    except ValueError as error:
        return shown(person, 422, note_error=str(error), note_body=body)
    db.session.commit()
    return shown(person)


@bp.get("/<public_id>/notes/<note_id>")
@policy("people.write")
def edit_note(public_id, note_id):
    person, note = found(public_id, note_id)
    return page("people/note.html", person=person, note=note, body=note.body)


@bp.post("/<public_id>/notes/<note_id>")
@policy("people.write")
def rewrite_note(public_id, note_id):
    person, note = found(public_id, note_id)
    body = request.form.get("body", "")
    try:
        note.rewrite(body)
    except ValueError as error:
        return page("people/note.html", status=422, person=person, note=note, body=body, error=str(error))
    db.session.commit()
    return redirect_to(url_for("people.show", public_id=public_id) + "#notes")


@bp.post("/<public_id>/notes/<note_id>/pin")
@policy("people.write")
def pin_note(public_id, note_id):
    person, note = found(public_id, note_id)
    note.pinned = not note.pinned
    db.session.commit()
    return shown(person)


@bp.post("/<public_id>/notes/<note_id>/removal")
@policy("people.write")
def remove_note(public_id, note_id):
    person, note = found(public_id, note_id)
    note.remove()
    db.session.commit()
    return toast(shown(person), "Note deleted.",
                 undo=url_for("people.restore_note", public_id=public_id, note_id=note_id))


@bp.post("/<public_id>/notes/<note_id>/restoration")
@policy("people.write")
def restore_note(public_id, note_id):
    """Bring a deleted note back; what the toast's Undo asks for."""
    person, note = found(public_id, note_id)
    note.bring_back()
    db.session.commit()
    return shown(person)
