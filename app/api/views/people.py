"""People: list, read, add, change, erase; their events, tags and notes; bulk tagging and export."""
import json

from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.api import dress, shapes, shapes_of_many
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.connections import exports
from app.people import PERSON, BadEntry, Person, add, change, counted, erase
from app.segments import Segment
from app.spine.conditions import BadCondition
from app.spine.db import db
from app.spine.events import Event
from app.spine.memory import remembered
from app.spine.policy import policy

bp = Blueprint("api_people", __name__, url_prefix="/api/v1/people")
WORDS = {"stage": "stage", "segment": "segment", "status": "membership_status", "plan": "plan", "tag": "tags",
         "lead_status": "lead_status", "source": "lead_source", "risk": "risk_level", "country": "country",
         "assigned": "assigned_to"}
CHANGEABLE = ("email", "name", "username", "phone", "country", "timezone", "lead_status")


def asked_for(args) -> list[dict]:
    """The filters of an address as conditions."""
    found = []
    for word, field in WORDS.items():
        if values := [one.strip() for one in (args.get(word) or "").split(",") if one.strip()]:
            named = [one for one in values if one != "nobody"] if word == "assigned" else values
            leaves = [{"field": field, "op": "has_any" if word == "tag" else "in", "value": named}] if named else []
            nobody = [{"field": field, "op": "is_not_set"}] if len(named) < len(values) else []
            found.append({"any": [*leaves, *nobody]})
    if args.get("condition"):
        try:
            found.append(json.loads(args["condition"]))
        except (ValueError, RecursionError):
            raise BadCondition("it is no JSON") from None
    return found


@answers(bp, "", "GET", "people.read", shapes.People, query=shapes_of_many.PeopleFilter)
def index():
    """People, by default the newest first."""
    found = Person.search(request.args["q"]) if request.args.get("q") else Person.everyone()
    if request.args.get("segment"):
        found_or_problem(Segment, request.args["segment"])
    try:
        found = found.where(*(PERSON.where(leaf) for leaf in asked_for(request.args)))
    except BadCondition as error:
        problem(422, str(error), "condition")
    asked = tuple(request.args.get(word) for word in ("q", *WORDS, "condition"))
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


@bp.get("/export.csv")
@policy("data.export")
def export():
    """Everybody, or a segment, as CSV; streamed."""
    if request.args.get("segment"):
        found_or_problem(Segment, request.args["segment"])
    return exports.sent(exports.order("people", request.args))


export._writes = True               # its line in the audit trail
