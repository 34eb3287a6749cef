"""Notes about a person."""
from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.people import Note, Person
from app.spine.db import db

from .people import bp, here


def one(person_id: str, note_id: str) -> tuple[Person, Note]:
    person, note = here(person_id), found_or_problem(Note, note_id)
    if note.person_id != person.id or note.removed_at is not None:
        problem(404, "There is nothing with this id.")
    return person, note


@answers(bp, "/<person_id>/notes", "GET", "people.read", shapes.Listed, query=shapes.ListQuery, tags=["notes"])
def notes(person_id):
    """What the team wrote down, the latest first."""
    found = select(Note).options(joinedload(Note.author)).where(Note.person_id == here(person_id).id,
                                                                Note.removed_at.is_(None))
    return listed(found, lambda rows: [dress.note(row) for row in rows], {"created_at": Note.created_at}, "-created_at",
                  Note)


@answers(bp, "/<person_id>/notes", "POST", "people.write", shapes.Row, 201, json=shapes.NoteBody, tags=["notes"])
def write_note(person_id):
    try:
        written = here(person_id).note((request.get_json(silent=True) or {})["body"], author=g.user)
    except ValueError as error:
        problem(422, str(error), "body")
    db.session.commit()
    return dress.note(written), 201


@answers(bp, "/<person_id>/notes/<note_id>", "PATCH", "people.write", shapes.Row, json=shapes.NoteChange,
         tags=["notes"])
def rewrite_note(person_id, note_id):
    """Other words, pinned or not."""
    _, note = one(person_id, note_id)
    sent = request.get_json(silent=True) or {}
    try:
        if sent.get("body") is not None:
            note.rewrite(sent["body"])
    except ValueError as error:
        problem(422, str(error), "body")
    if sent.get("pinned") is not None:
        note.pinned = sent["pinned"]
    db.session.commit()
    return dress.note(note)


@answers(bp, "/<person_id>/notes/<note_id>", "DELETE", "people.write", status=204, tags=["notes"])
def remove_note(person_id, note_id):
    _, note = one(person_id, note_id)
    note.remove()
    db.session.commit()
    return "", 204
