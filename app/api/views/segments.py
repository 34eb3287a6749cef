"""Segments: preview a condition, keep it, list whom it finds, and who came and went."""
from datetime import timedelta

from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts import current_account
from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.api.shapes import many
from app.kit.clock import iso, now
from app.people import PERSON, Person, counted, few, tally
from app.segments import Segment, SegmentMove, SegmentSize, ask_anew, forget, read, starts, uses, watch
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


@answers(bp, "/readings", "POST", "people.read", many.ReadSentence, json=many.Sentence)
def reading():
    """Plain English as a condition: what each part was taken for, and what was not understood."""
    found = read(body()["text"])
    return {"condition": found.tree, "sentence": PERSON.sentence(found.tree), "not_understood": found.unread,
            "parts": [{"words": words, "condition": tree} for words, tree in found.parts]}


@answers(bp, "/templates", "GET", "segments.read", shapes.Listed)
def templates():
    """Segments to start from, in the account's currency."""
    return {"data": [{"id": key, "name": name, "condition": tree, "sentence": PERSON.sentence(tree)}
                     for key, (name, tree) in starts(current_account().currency).items()], "next_cursor": None}


@answers(bp, "", "GET", "segments.read", shapes.Listed, query=shapes.ListQuery)
def index():
    return listed(select(Segment), lambda rows: [dress.segment(row) for row in rows],
                  {"name": Segment.key, "created_at": Segment.created_at, "updated_at": Segment.updated_at}, "name",
                  Segment)


@answers(bp, "", "POST", "segments.write", shapes.Row, 201, json=many.SegmentBody)
def create():
    return _kept(Segment(key="", name="", description="", colour=""), body()), 201


@answers(bp, "/<segment_id>", "PATCH", "segments.write", shapes.Row, json=many.SegmentChange)
def change(segment_id):
    """Change what is sent; a changed condition notes who belongs now and starts no playbook."""
    return _kept(found_or_problem(Segment, segment_id), body())


def _kept(segment: Segment, told: dict) -> dict:
    with db.session.no_autoflush:
        for field, words in segment.take({name: value for name, value in told.items() if value is not None}).items():
            problem(422, words, field)
        try:
            if told.get("condition") is not None:
                segment.ask(told["condition"])
        except BadCondition as error:
            problem(422, str(error), "condition")
    db.session.add(segment)
    db.session.flush()
    if "condition" in told:
        ask_anew(segment)
    db.session.commit()
    return dress.segment(segment)


@answers(bp, "/<segment_id>", "GET", "segments.read", shapes.Row)
def show(segment_id):
    return dress.segment(found_or_problem(Segment, segment_id))


@answers(bp, "/<segment_id>", "DELETE", "segments.write", status=204)
def delete(segment_id):
    """Delete it; 409 while something asks for it."""
    segment = found_or_problem(Segment, segment_id)
    if used := uses(segment):
        problem(409, f"{segment.name} is used by {used[0]['label']}. Change that first.")
    db.session.delete(segment)
    db.session.commit()
    return "", 204


@answers(bp, "/<segment_id>/people", "GET", "people.read", shapes.People, query=shapes.ListQuery)
def people(segment_id):
    segment = found_or_problem(Segment, segment_id)
    return listed(segment.people, dress.people, Person.sortable(), "-created_at", Person, counted)


@answers(bp, "/<segment_id>/count", "GET", "people.read", shapes.Count)
def count(segment_id):
    return {"count": found_or_problem(Segment, segment_id).count()}


@answers(bp, "/<segment_id>/moves", "GET", "people.read", shapes.Listed, query=shapes.ListQuery)
def moves(segment_id):
    """Who entered and who left since it is watched, the latest first, each with the reason."""
    segment = found_or_problem(Segment, segment_id)
    found = select(SegmentMove).where(SegmentMove.segment_id == segment.id).options(joinedload(SegmentMove.person))
    return listed(found, lambda rows: [{"person": row.person.public_id, "entered": row.entered, "why": row.why,
                                        "at": iso(row.at)} for row in rows],
                  {"at": SegmentMove.at}, "-at", SegmentMove, watched_at=iso(segment.watched_at))


@answers(bp, "/<segment_id>/sizes", "GET", "segments.read", shapes.Listed, query=many.DaysQuery)
def sizes(segment_id):
    """How many were in it at the end of each day."""
    segment = found_or_problem(Segment, segment_id)
    first = now().astimezone(current_account().zone).date() - timedelta(days=int(request.args.get("days", 90)))
    rows = db.session.execute(select(SegmentSize.day, SegmentSize.people).where(
        SegmentSize.segment_id == segment.id, SegmentSize.day >= first).order_by(SegmentSize.day))
    return {"data": [{"day": day.isoformat(), "people": people} for day, people in rows], "next_cursor": None}


@answers(bp, "/<segment_id>/watch", "PUT", "segments.write", shapes.Row)
def start_watching(segment_id):
    """Keep from now on who comes and goes."""
    segment = found_or_problem(Segment, segment_id)
    watch(segment)
    db.session.commit()
    return dress.segment(segment)


@answers(bp, "/<segment_id>/watch", "DELETE", "segments.write", status=204)
def stop_watching(segment_id):
    segment = found_or_problem(Segment, segment_id)
    if any(use.get("starts") for use in uses(segment)):
        problem(409, f"A playbook starts by {segment.name}. Switch that off first.")
    forget(segment)
    db.session.commit()
    return "", 204
