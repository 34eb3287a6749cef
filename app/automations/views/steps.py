"""Editing the steps of a playbook's draft: add, change, move, remove."""
from flask import abort, request, url_for
from sqlalchemy import select

from app.kit.pages import page, redirect_to, toast
from app.messaging import Template
from app.spine.db import db
from app.spine.policy import policy

from .. import words
from ..models import Automation
from ..plan import MAX_DEPTH, BadPlan
from ..steps import STEPS
from ..steps.send import CHANNELS
from . import asking, bp
from .drafts import Draft, NoSuchStep

USABLE = select(Template).where(Template.archived_at.is_(None)).order_by(Template.name, Template.id)


def draft_of(public_id: str) -> Draft:
    automation = Automation.find_or_404(public_id)
    if automation.archived_at:
        abort(409, "This playbook is put away. Bring it back first.")
    return Draft(automation)


def found(draft: Draft, step_id: str):
    try:
        return draft.find(step_id)
    except NoSuchStep:
        abort(404, "This step is not there any more.")


@bp.get("/<public_id>/steps/new")
@policy("playbooks.write")
def new_step(public_id):
    """Choose a kind of step, then its form."""
    draft, place, do = draft_of(public_id), request.args.get("place", ""), request.args.get("do", "")
    if do not in STEPS:
        return page("automations/steps/new.html", automation=draft.automation, place=place,
                    steps=_allowed(draft, place))
    return form(draft, {"do": do, **_fresh(do)}, place=place)


def _fresh(do: str) -> dict:
    return {"wait": {"seconds": 86400, "since": "before"}, "branch": {"if": {"all": [asking.FIRST]}}}.get(do, {})


def _allowed(draft: Draft, place: str) -> dict:
    """Kinds of steps for a place; branches only so deep."""
    where, _, step_id = place.partition(":")
    depth = (found(draft, step_id)[4] + (where != "after")) if step_id else 0
    return {name: kind for name, kind in STEPS.items() if name != "branch" or depth < MAX_DEPTH}


@bp.post("/<public_id>/steps")
@policy("playbooks.write")
def add_step(public_id):
    draft, place, do = draft_of(public_id), request.form.get("place", ""), request.form.get("do", "")
    if do not in STEPS:
        abort(422, "Choose what the step does.")
    spec, refused = given(do)
    if refused or asking.pressed(request.form):
        return form(draft, {"do": do, **spec}, refused, place)
    try:
        draft.put({"do": do, **spec}, place)
    except NoSuchStep:
        abort(409, "The step beside it was removed meanwhile. Choose another place.")
    return kept(draft, "Step added to the draft.")


@bp.get("/<public_id>/steps/<step_id>")
@policy("playbooks.read")
def step(public_id, step_id):
    draft = Draft(Automation.find_or_404(public_id))
    return form(draft, found(draft, step_id)[0])


@bp.post("/<public_id>/steps/<step_id>")
@policy("playbooks.write")
def change_step(public_id, step_id):
    draft = draft_of(public_id)
    held = found(draft, step_id)[0]
    spec, refused = given(held["do"])
    if refused or asking.pressed(request.form):
        return form(draft, {**spec, "id": step_id, "do": held["do"]}, refused)
    draft.change(step_id, spec)
    return kept(draft, "Step changed in the draft.")


@bp.post("/<public_id>/steps/<step_id>/removal")
@policy("playbooks.write")
def remove_step(public_id, step_id):
    draft = draft_of(public_id)
    found(draft, step_id)
    draft.take(step_id)
    return kept(draft, "Step removed from the draft.")


@bp.post("/<public_id>/steps/<step_id>/moves")
@policy("playbooks.write")
def move_step(public_id, step_id):
    draft = draft_of(public_id)
    found(draft, step_id)
    moved = draft.move(step_id, -1 if request.form.get("by") == "up" else 1)
    return kept(draft, None if moved else "It cannot go further that way.")


def given(do: str) -> tuple[dict, BadPlan | None]:
    """The step the form asks for, and what is wrong with it."""
    spec = {"if": asking.read(request.form)} if do == "branch" else STEPS[do].read(request.form)
    if asking.pressed(request.form):
        return spec, None
    try:
        STEPS[do].check(spec, "step")
    except BadPlan as error:
        return spec, error
    return spec, None


def kept(draft: Draft, said: str | None):
    draft.keep()
    db.session.commit()
    back = redirect_to(url_for(".show", public_id=draft.automation.public_id, _anchor="steps"))
    return toast(back, said) if said else back


def form(draft: Draft, spec: dict, refused: BadPlan | None = None, place: str = ""):
    """The form of one step; a refused one keeps what was typed."""
    do = spec["do"]
    templates = db.session.scalars(USABLE).all() if do == "send" else []
    told = {"spec": spec, "kind": STEPS[do], "place": place, "values": request.form if refused else {},
            "errors": {refused.path.removeprefix("step."): words.sentence(refused)} if refused else {}}
    if do == "branch":
        told |= builder(spec.get("if") or {})
    return page("automations/steps/form.html", status=422 if refused else 200, automation=draft.automation, words=words,
                templates=templates, channels=CHANNELS, chosen=Template.find(spec.get("template") or ""), **told)


def builder(tree: dict) -> dict:
    """What `automations/_builder.html` shows."""
    wrong = asking.trouble(tree) if tree else None
    told = {"asked": asking.shown(tree), "asked_error": wrong}
    return told | ({} if wrong else {"total": asking.count(tree), "sentence": words.audience({"audience": tree})})


@bp.post("/conditions")
@policy("playbooks.write")
def conditions():
    """The builder again, with counts, after something in it changed; nothing is saved."""
    return page("automations/_builder.html", **builder(asking.read(request.form, tidy=True)))
