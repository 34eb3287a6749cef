"""Segments: preview a condition, keep it, list whom it finds."""
from flask import Blueprint, request
from sqlalchemy import select

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.people import PERSON, Person, counted, few, tally
from app.segments import Segment
from app.spine.conditions import BadCondition
from app.spine.db import db

bp = Blueprint("api_segments", __name__, url_prefix="/api/v1/segments")


def body() -> dict:
    return request.get_json(silent=True) or {}


@answers(bp, "/preview", "POST", "people.read", shapes.Preview, json=shapes.Condition)
def preview():
    """How many a condition finds, in words, five of them, and how many each of its lines would leave alone."""
    tree = body()["condition"]
    try:
        tree = PERSON.check(tree)
        found = Person.matching(tree)
        branches = tree.get("all") or tree.get("any") or [tree]
        total, *each = tally([PERSON.where(one) for one in (tree, *branches)])
        answer = {"count": total, "sentence": PERSON.sentence(tree), "sample": dress.people(few(found, 5, total)),
                  "branches": [{"sentence": PERSON.sentence(branch), "count": count}
                               for branch, count in zip(branches, each, strict=True)]}
    except BadCondition as error:
        problem(422, str(error), "condition")
    return answer


@answers(bp, "", "GET", "segments.read", shapes.Listed, query=shapes.ListQuery)
def index():
    return listed(select(Segment), lambda rows: [dress.segment(row) for row in rows],
                  {"name": Segment.key, "created_at": Segment.created_at}, "name", Segment)


@answers(bp, "", "POST", "segments.write", shapes.Row, 201, json=shapes.NewSegment)
def create():
    segment = Segment(key="")
    try:
        segment.rename(body()["name"])
        db.session.add(segment)
        segment.ask(body()["condition"])
    except (BadCondition, ValueError) as error:
        problem(422, str(error), "condition" if isinstance(error, BadCondition) else "name")
    db.session.commit()
    return dress.segment(segment), 201


@answers(bp, "/<segment_id>", "GET", "segments.read", shapes.Row)
def show(segment_id):
    return dress.segment(found_or_problem(Segment, segment_id))


@answers(bp, "/<segment_id>", "DELETE", "segments.write", status=204)
def delete(segment_id):
    db.session.delete(found_or_problem(Segment, segment_id))
    db.session.commit()
    return "", 204


@answers(bp, "/<segment_id>/people", "GET", "people.read", shapes.People, query=shapes.ListQuery)
def people(segment_id):
    segment = found_or_problem(Segment, segment_id)
    return listed(segment.people, dress.people, Person.sortable(), "-created_at", Person, counted)


@answers(bp, "/<segment_id>/count", "GET", "people.read", shapes.Count)
def count(segment_id):
    return {"count": found_or_problem(Segment, segment_id).count()}
