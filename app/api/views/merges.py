"""Making one person of two, undoing it, and who may be there twice."""
from flask import g, request

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem
from app.merging import BadMerge, Merge, dismiss, merge, open_suggestions, undo
from app.people import MergeSuggestion, Person
from app.spine.db import db

from .people import bp, here
from .records import bp as records


@answers(bp, "/<person_id>/merges", "GET", "people.read", shapes.Listed, tags=["merges"])
def merges(person_id):
    """The merges into this person that can still be undone, the latest first."""
    return {"data": [dress.merge(row) for row in Merge.lasting(here(person_id))], "next_cursor": None}


@answers(bp, "/<person_id>/merges", "POST", "data.merge", shapes.Row, 201, json=shapes.NewMerge, tags=["merges"])
def make_merge(person_id):
    """`other` becomes part of this person; `choices` names fields whose value is taken from the other: "gone"."""
    sent = request.get_json(silent=True) or {}
    try:
        done = merge(here(person_id), found_or_problem(Person, sent["other"]), sent.get("choices"), by=g.user)
    except BadMerge as error:
        db.session.rollback()
        problem(409, str(error))
    db.session.commit()
    return dress.merge(done), 201


@answers(bp, "/<person_id>/merges/<merge_id>", "DELETE", "data.merge", status=204, tags=["merges"])
def undo_merge(person_id, merge_id):
    """Two people again, each as before."""
    person, done = here(person_id), found_or_problem(Merge, merge_id)
    if done.kept_id != person.id:
        problem(404, "There is nothing with this id.")
    try:
        undo(done)
    except BadMerge as error:
        db.session.rollback()
        problem(409, str(error))
    db.session.commit()
    return "", 204


@answers(records, "/merge-suggestions", "GET", "people.read", shapes.Listed, tags=["merge-suggestions"])
def suggestions():
    """Pairs that some source calls the same."""
    return {"data": [dress.suggestion(one) for one in open_suggestions()], "next_cursor": None}


@answers(records, "/merge-suggestions/<row_id>", "DELETE", "data.merge", status=204, tags=["merge-suggestions"])
def dismiss_suggestion(row_id):
    """They are two people."""
    dismiss(found_or_problem(MergeSuggestion, row_id))
    db.session.commit()
    return "", 204
