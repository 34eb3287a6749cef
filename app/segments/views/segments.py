"""Segments: the list, the builder, and what a condition finds while it is being built."""
from flask import abort, g, request, url_for
from sqlalchemy import select

from app.accounts import current_account
from app.kit.pages import hx, page, redirect_to, toast
from app.people import PERSON, Listing, Person, by_stage, counted
from app.segments import builder
from app.segments.builder import Asked
from app.segments.models import COLOURS, Segment
from app.segments.sizes import sizes_of
from app.segments.starts import starts
from app.segments.uses import uses
from app.segments.watching import ask_anew
from app.spine.conditions import canonical
from app.spine.db import db
from app.spine.memory import remembered
from app.spine.policy import policy

from . import bp
from .history import trend


@bp.get("")
@policy("segments.read")
def index():
    rows = db.session.scalars(select(Segment).order_by(Segment.key)).all()
    return page("segments/index.html", rows=told(rows), starts=starts(current_account().currency))


def told(segments) -> list[dict]:
    """Each with its sentence and how many are in it, or why it cannot be asked."""
    keys = tuple((one.id, canonical(one.condition)) for one in segments)
    sizes, _ = remembered("segments", keys, lambda: [(people, error) for _, people, error in sizes_of(segments)])
    return [{"segment": one, "total": people, "error": error, "sentence": None if error else PERSON.said(one.condition)}
            for one, (people, error) in zip(segments, sizes, strict=True)]


@bp.get("/new")
@policy("segments.write")
def new():
    name, condition = starts(current_account().currency).get(request.args.get("from", ""), ("", None))
    return form(None, Asked(condition or as_listed() or {"all": [builder.FIRST]}), {"name": name})


def as_listed() -> dict | None:
    """The condition an address carries as JSON, or the tabs and filters of the list of people as one."""
    if "condition" not in request.args:
        return Listing.of(request.args).tree or None
    told = builder.described(request.args["condition"])
    return told.tree or abort(400, f"This condition cannot be asked: {', '.join(told.unread)}.")


@bp.get("/<public_id>")
@policy("segments.read")
def show(public_id):
    segment = Segment.find_or_404(public_id)
    return form(segment, Asked(segment.condition, own=public_id),
                {name: getattr(segment, name) for name in ("name", "description", "colour")})


def form(segment: Segment | None, asked: Asked, values, errors=None):
    """`values`: name, description, colour."""
    colours = [(one, one.capitalize() or "None") for one in COLOURS]
    return page("segments/show.html", status=422 if errors else 200, segment=segment, values=values,
                errors=errors or {}, used=uses(segment) if segment else [], colours=colours,
                trend=trend(segment) if segment else [], starts=starts(current_account().currency), **answer(asked))


def answer(asked: Asked) -> dict:
    """What the builder's parts show: whom it finds, how many of which stage, a few of them."""
    stages = {} if asked.error else by_stage(asked.people)
    everybody = counted(Person.everyone())
    total = sum(stages.values())
    return {"asked": asked, "total": None if asked.error else total, "stages": stages,
            "everybody": everybody, "sample": asked.sample(total), "preview": url_for("segments.preview")}


@bp.post("/preview")
@policy("segments.read")
def preview():
    """The condition of a form, answered: the whole builder when its shape changed, else only the numbers."""
    own = request.args.get("own")
    asked = Asked.of(request.form, own=Segment.find_or_404(own).public_id if own else None)
    if not hx().is_partial:
        return form(Segment.find(own) if own else None, asked, request.form)
    whole = builder.pressed(request.form) or "redraw" in request.form
    return page("segments/_redrawn.html" if whole else "segments/_answered.html", **answer(asked))


@bp.post("")
@policy("segments.write")
def create():
    return keep(None)


@bp.post("/<public_id>")
@policy("segments.write")
def update(public_id):
    return keep(Segment.find_or_404(public_id))


def keep(segment: Segment | None):
    """Save what the form says, or show it again with what is wrong or what a button changed."""
    asked = Asked.of(request.form, own=segment.public_id if segment else None)
    if builder.pressed(request.form):
        return form(segment, asked, request.form)
    errors = {"builder": asked.error} if asked.error else {}
    with db.session.no_autoflush:
        kept = segment or Segment(created_by=g.user.id)
        errors = kept.take({"name": "", **request.form}) | errors
    if errors:
        db.session.rollback()
        return form(Segment.find(request.view_args["public_id"]) if segment else None, asked, request.form,
                    errors)
    db.session.add(kept)
    before = kept.condition
    kept.ask(asked.tree)
    db.session.flush()
    if before != kept.condition:
        ask_anew(kept)
    db.session.commit()
    return toast(redirect_to(url_for(".show", public_id=kept.public_id)), f"{kept.name} is saved")


@bp.post("/<public_id>/copies")
@policy("segments.write")
def copy(public_id):
    segment = Segment.find_or_404(public_id)
    taken = set(db.session.scalars(select(Segment.name)))
    names = (f"{segment.name[:70]} (copy{f' {n}' if n > 1 else ''})" for n in range(1, len(taken) + 2))
    made = Segment(condition=segment.condition, description=segment.description, colour=segment.colour,
                   created_by=g.user.id)
    made.rename(next(name for name in names if name not in taken))
    db.session.add(made)
    db.session.commit()
    return toast(redirect_to(url_for(".show", public_id=made.public_id)), f"{made.name} is yours to change")


@bp.post("/<public_id>/removal")
@policy("segments.write")
def remove(public_id):
    segment = Segment.find_or_404(public_id)
    if used := uses(segment):
        abort(409, f"{segment.name} is used by {used[0]['label']}. Change that first.")
    db.session.delete(segment)
    db.session.commit()
    return toast(redirect_to(url_for(".index")), f"{segment.name} is deleted. Its people stay.")
