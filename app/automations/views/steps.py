"""Editing the steps of a playbook's draft: add, change, move, remove."""
from flask import abort, request, url_for
from sqlalchemy import select

from app.kit.pages import hx, page, redirect_to, toast
from app.messaging import Template
from app.segments import Asked, pressed
from app.spine.db import db
from app.spine.policy import policy

from .. import words
from ..models import Automation
from ..plan import MAX_DEPTH, BadPlan
from ..steps import STEPS
from ..steps.send import CHANNELS
from . import bp
from .drafts import Draft, NoSuchStep

MEMBERS = {"field": "stage", "op": "is", "value": "member"}        # what a fresh branch asks
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
    return {"wait": {"seconds": 86400, "since": "before"}, "branch": {"if": {"all": [MEMBERS]}}}.get(do, {})


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
    if refused or pressed(request.form):
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
    if refused or pressed(request.form):
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
    spec = {"if": Asked.of(request.form).tree} if do == "branch" else STEPS[do].read(request.form)
    if pressed(request.form):
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
            "errors": {place_of(refused): words.sentence(refused)} if refused else {}}
    if do == "branch":
        told |= builder(Asked.of(request.form) if request.method == "POST" else Asked(spec.get("if") or {}))
    return page("automations/steps/form.html", status=422 if refused else 200, automation=draft.automation, words=words,
                templates=templates, channels=CHANNELS, chosen=Template.find(spec.get("template") or ""), **told)


def place_of(refused: BadPlan) -> str:
    """The id of the control that a complaint is about."""
    path = refused.path.removeprefix("step.")
    return "builder" if path.split(".")[0] == "if" else path


def builder(asked: Asked) -> dict:
    """What `segments/_builder.html` shows."""
    return {"asked": asked, "total": asked.total, "preview": url_for(".conditions")}


@bp.post("/conditions")
@policy("playbooks.write")
def conditions():
    """A form's condition, answered: the whole builder when its shape changed, else only the numbers."""
    whole = pressed(request.form) or "redraw" in request.form or not hx().is_partial
    return page(f"automations/{'_redrawn' if whole else '_answered'}.html", **builder(Asked.of(request.form)))
