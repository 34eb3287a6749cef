"""People: list, read, add, change, erase; their events, tags and notes; bulk tagging and export."""
from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.connections import exports
from app.people import BadEntry, Person, Segment, add, change, counted, erase
from app.spine.conditions import BadCondition
from app.spine.db import db
from app.spine.events import Event
from app.spine.memory import remembered
from app.spine.policy import policy

bp = Blueprint("api_people", __name__, url_prefix="/api/v1/people")
CHANGEABLE = ("email", "name", "username", "phone", "country", "timezone", "lead_status")


@answers(bp, "", "GET", "people.read", shapes.People, query=shapes.PeopleQuery)
def index():
    """People, by default the newest first."""
    found = Person.search(request.args["q"]) if request.args.get("q") else Person.everyone()
    if request.args.get("stage"):
        found = found.where(Person.stage == request.args["stage"])
    if request.args.get("segment"):
        found = found.where(found_or_problem(Segment, request.args["segment"]).criterion)
    asked = tuple(request.args.get(word) for word in ("q", "stage", "segment"))
    return listed(found.options(load_only(*(getattr(Person, name) for name in dress.PERSON), raiseload=True)),
                  dress.people, Person.sortable(), "-created_at", Person,
                  lambda _: remembered("people", asked, lambda: counted(found))[0])


@answers(bp, "", "POST", "people.write", shapes.Person, 201, json=shapes.NewPerson)
def create():
    """Add a person by hand; 422 when they are known already."""
    person = _entered(add, request.get_json(silent=True) or {})
    db.session.commit()
    return dress.person(person), 201


@answers(bp, "/<person_id>", "GET", "people.read", shapes.Person)
def show(person_id):
    return dress.person(found_or_problem(Person, person_id))


@answers(bp, "/<person_id>", "PATCH", "people.write", shapes.Person, json=shapes.PersonChange)
def update(person_id):
    """Change the fields that are sent; null empties one."""
    person = found_or_problem(Person, person_id)
    told = {name: getattr(person, name) for name in CHANGEABLE} | (request.get_json(silent=True) or {})
    _entered(lambda values: change(person, values), told)
    db.session.commit()
    return dress.person(person)


@answers(bp, "/<person_id>", "DELETE", "data.erase", status=204)
def delete(person_id):
    """Erase a person at once: money rows stay without a name, and the address is never written to again."""
    erase(found_or_problem(Person, person_id))
    db.session.commit()
    return "", 204


def _entered(verb, values: dict):
    try:
        return verb({name: "" if value is None else str(value) for name, value in values.items()})
    except BadEntry as error:
        field, words = next(iter(error.fields.items()))
        problem(422, words, field)


@answers(bp, "/<person_id>/events", "GET", "people.read", shapes.Listed, query=shapes.ListQuery)
def events(person_id):
    """What happened to them, the latest first."""
    person = found_or_problem(Person, person_id)
    return listed(select(Event).where(Event.person_id == person.id), lambda rows: [dress.event(row) for row in rows],
                  {"at": Event.at}, "-at", Event)


@answers(bp, "/<person_id>/tags", "POST", "people.write", shapes.Person, 201, json=shapes.TagName)
def tag(person_id):
    person = found_or_problem(Person, person_id)
    try:
        person.tag((request.get_json(silent=True) or {})["name"])
    except ValueError as error:
        problem(422, str(error), "name")
    db.session.commit()
    return dress.person(person), 201


@answers(bp, "/<person_id>/tags/<name>", "DELETE", "people.write", shapes.Person)
def untag(person_id, name):
    person = found_or_problem(Person, person_id)
    person.untag(name)
    db.session.commit()
    return dress.person(person)


@answers(bp, "/<person_id>/notes", "POST", "people.write", shapes.Row, 201, json=shapes.NoteBody)
def note(person_id):
    person = found_or_problem(Person, person_id)
    try:
        written = person.note((request.get_json(silent=True) or {})["body"])
    except ValueError as error:
        problem(422, str(error), "body")
    db.session.commit()
    return {"id": written.public_id, "body": written.body}, 201


@answers(bp, "/bulk", "POST", "people.write", shapes.BulkDone, json=shapes.Bulk)
def bulk():
    """Tag or untag the people of a list of ids or of a condition."""
    told = request.get_json(silent=True) or {}
    if (told.get("ids") is None) == (told.get("condition") is None):
        problem(422, "Send either ids or a condition.", "ids")
    try:
        chosen = (Person.everyone().where(Person.public_id.in_(told["ids"])) if told.get("ids") is not None
                  else Person.matching(told["condition"]))
        people = db.session.scalars(chosen.order_by(Person.id)).all()
        verb = Person.tag if told["action"] == "add_tag" else Person.untag
        changed = sum(verb(person, told["params"]["name"]) for person in people)
    except (BadCondition, ValueError) as error:
        problem(422, str(error), "condition" if isinstance(error, BadCondition) else "params.name")
    db.session.commit()
    return {"matched": len(people), "changed": changed}


@bp.get("/export.csv")
@policy("data.export")
def export():
    """Everybody, or a segment, as CSV; streamed."""
    if request.args.get("segment"):
        found_or_problem(Segment, request.args["segment"])
    return exports.sent(exports.order("people", request.args))


export._writes = True               # its line in the audit trail
