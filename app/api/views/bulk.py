"""One thing done to many people, at once or looked at later, and taken back."""
from flask import Blueprint, request
from sqlalchemy import select

from app.accounts import can
from app.api import shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.api.shapes import many
from app.bulk import BulkAction, BulkChange, Selection, acts, carry, take_back
from app.kit.clock import iso
from app.people import Person
from app.segments import Segment
from app.spine.conditions import BadCondition
from app.spine.db import db

bp = Blueprint("api_bulk", __name__, url_prefix="/api/v1")
FAILURES = 1000
NAMES = {"name": "tag"}                      # what the API calls a param, and what the act does


@answers(bp, "/people/bulk", "POST", "people.write", many.BulkDone, json=many.Bulk, tags=["people"])
def bulk():
    """Do it to the people of a list of ids, of a condition or of a segment, now; the id leads to its way back."""
    told = request.get_json(silent=True) or {}
    act = acts()[told["action"]]
    if not can(act.permission):
        problem(403, f"This token may not do that: it needs {act.permission}.")
    try:
        action = BulkAction.make(act.name, _params(told.get("params") or {}), _chosen(told), empty=True)
    except (BadCondition, ValueError) as error:
        problem(422, str(error), "condition" if isinstance(error, BadCondition) else "params")
    action.start(at_once=True)
    db.session.commit()
    carry(action.id)
    db.session.commit()
    return done(action)


def _params(given: dict) -> dict:
    return {NAMES.get(name, name): value for name, value in given.items() if isinstance(value, str)}


def _chosen(told: dict) -> Selection:
    given = [name for name in ("ids", "condition", "segment") if told.get(name) is not None]
    if len(given) != 1:
        problem(422, "Send either ids, a condition or a segment.", "ids")
    if given == ["segment"]:
        found_or_problem(Segment, told["segment"])
        return Selection(tree={"field": "segment", "op": "is", "value": told["segment"]})
    if given == ["condition"]:
        Person.matching(told["condition"])
        return Selection(tree=told["condition"] or {"all": []})
    return Selection(ids=tuple(told["ids"]) or ("nobody",))


def done(action: BulkAction) -> dict:
    """How it went; who could not be changed, with the reason."""
    refused = db.session.execute(select(Person.public_id, BulkChange.why).join(
        Person, Person.id == BulkChange.person_id).where(BulkChange.action_id == action.id, BulkChange.why.is_not(None))
        .order_by(BulkChange.id).limit(FAILURES))
    return {"id": action.public_id, "matched": action.done, "changed": action.changed, "failed": action.failed,
            "failures": [{"person": person, "reason": why} for person, why in refused]}


def told(action: BulkAction) -> dict:
    return {"id": action.public_id, "action": action.act, "params": action.params, "state": action.state,
            "total": action.total, "done": action.done, "changed": action.changed, "failed": action.failed,
            "taken_back": action.taken_back, "created_at": iso(action.created_at),
            "finished_at": iso(action.finished_at), "can_undo": action.can_undo}


@answers(bp, "/bulk-actions", "GET", "people.read", shapes.Listed, query=shapes.ListQuery, tags=["people"])
def index():
    return listed(select(BulkAction).where(BulkAction.state != "draft"), lambda rows: [told(row) for row in rows],
                  {"created_at": BulkAction.created_at}, "-created_at", BulkAction)


@answers(bp, "/bulk-actions/<action_id>", "GET", "people.read", many.BulkState, tags=["people"])
def show(action_id):
    action = found_or_problem(BulkAction, action_id)
    return {**told(action), "failures": done(action)["failures"]}


@answers(bp, "/bulk-actions/<action_id>/reversals", "POST", "people.write", many.BulkState, tags=["people"])
def undo(action_id):
    """Take back what it changed, as far as it still stands."""
    action = found_or_problem(BulkAction, action_id)
    if not action.can_undo:
        problem(409, "This cannot be taken back: it changed nobody, was taken back before, or has no way back.")
    action.undo()
    db.session.commit()
    take_back(action.id)
    db.session.commit()
    return told(action)
