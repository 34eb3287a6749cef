"""People: list, read, add, change, erase; their events and tags, a copy of everything; export."""
import json

from flask import Blueprint, Response, abort, request
from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.accounts import User, audited
from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.api.shapes import many
from app.connections import exports
from app.people import LEAD_STATUSES, PERSON, BadEntry, CustomField, Person, add, change, copied, counted, erase
from app.segments import Segment
from app.spine import failures
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


def here(public_id: str) -> Person:
    """Somebody who is still themselves. Whoever became part of another leads there: 301 to read, 410 to write."""
    person = found_or_problem(Person, public_id)
    if person.merged_into_id is None:
        return person
    there = request.full_path.replace(public_id, db.session.get(Person, person.merged_into_id).public_id, 1).rstrip("?")
    reading = request.method == "GET"
    abort(failures.make_failure(301 if reading else 410, f"This person was merged into another: {there}", headers={
        "Location": there, "Cache-Control": "no-store"}))


@answers(bp, "", "GET", "people.read", shapes.People, query=many.PeopleFilter)
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
    person = _entered(add, flat(request.get_json(silent=True) or {}))
    db.session.commit()
    return dress.person(person), 201


@answers(bp, "/<person_id>", "GET", "people.read", shapes.Person)
def show(person_id):
    return dress.person(here(person_id))


@answers(bp, "/<person_id>", "PATCH", "people.write", shapes.Person, json=shapes.PersonChange)
def update(person_id):
    """Change the fields that are sent; null empties one."""
    person, sent = here(person_id), request.get_json(silent=True) or {}
    if unknown := sorted((sent.get("custom") or {}).keys() - {field.key for field in CustomField.all()}):
        problem(422, "There is no field with this name; POST /custom-fields makes one.", f"custom.{unknown[0]}")
    if sent.get("lead_status") and sent["lead_status"] not in LEAD_STATUSES:
        problem(422, f"lead_status is one of {', '.join(LEAD_STATUSES)}.", "lead_status")
    told = {name: getattr(person, name) for name in CHANGEABLE} | flat(sent, person)
    _entered(lambda values: change(person, values), told)
    if "assigned_to" in sent:
        assign(person, sent["assigned_to"])
    db.session.commit()
    return dress.person(person)


@answers(bp, "/<person_id>", "DELETE", "data.erase", status=204)
def delete(person_id):
    """Erase a person at once: money rows stay without a name, and the address is never written to again."""
    erase(here(person_id))
    db.session.commit()
    return "", 204


def flat(sent: dict, person: Person | None = None) -> dict:
    """What was sent as a form names it: `custom.key` and `address.part`; parts that are not sent stay."""
    told = {name: value for name, value in sent.items() if name not in ("custom", "address", "assigned_to")}
    told |= {f"custom.{key}": value for key, value in (sent.get("custom") or {}).items()}
    if "address" in sent:
        kept = (person.address or {}) if person is not None and sent["address"] is not None else {}
        told |= {f"address.{part}": text for part, text in {"street": None, **kept, **(sent["address"] or {})}.items()}
    return told


def assign(person: Person, public_id: str | None) -> None:
    user = db.session.scalar(select(User).where(User.public_id == public_id)) if public_id else None
    if public_id and user is None:
        problem(422, "There is no teammate with this id.", "assigned_to")
    try:
        person.assign(user)
    except ValueError as error:
        problem(422, str(error), "assigned_to")


def _entered(verb, values: dict):
    try:
        return verb({name: "" if value is None else value if name.startswith("custom.") else str(value)
                     for name, value in values.items()})
    except BadEntry as error:
        field, words = next(iter(error.fields.items()))
        problem(422, words, field)


@answers(bp, "/<person_id>/events", "GET", "people.read", shapes.Listed, query=shapes.ListQuery)
def events(person_id):
    """What happened to them, the latest first."""
    person = here(person_id)
    return listed(select(Event).where(Event.person_id == person.id), lambda rows: [dress.event(row) for row in rows],
                  {"at": Event.at}, "-at", Event)


@answers(bp, "/<person_id>/tags", "POST", "people.write", shapes.Person, 201, json=shapes.TagName)
def tag(person_id):
    person = here(person_id)
    try:
        person.tag((request.get_json(silent=True) or {})["name"])
    except ValueError as error:
        problem(422, str(error), "name")
    db.session.commit()
    return dress.person(person), 201


@answers(bp, "/<person_id>/tags/<name>", "DELETE", "people.write", shapes.Person)
def untag(person_id, name):
    person = here(person_id)
    person.untag(name)
    db.session.commit()
    return dress.person(person)


@answers(bp, "/<person_id>/copy", "GET", "data.export")
def copy_of_everything(person_id):
    """Everything that is held about them: a list of rows for each table."""
    person = here(person_id)
    text = copied(person)
    audited(db.session, "export", "people", person.public_id)
    db.session.commit()
    return Response(text, mimetype="application/json")


copy_of_everything._writes = True


@bp.get("/export.csv")
@policy("data.export")
def export():
    """Everybody, or a segment, as CSV; streamed."""
    if request.args.get("segment"):
        found_or_problem(Segment, request.args["segment"])
    return exports.sent(exports.order("people", request.args))


export._writes = True               # its line in the audit trail
