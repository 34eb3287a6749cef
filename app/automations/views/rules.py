"""Rules: one form, WHEN, IF, THEN."""
from flask import abort, request, url_for

from app.kit.pages import page, redirect_to, toast
from app.segments import Asked, named, pressed
from app.spine.db import db
from app.spine.policy import policy

from .. import words
from ..models import Automation
from ..plan import BadPlan
from ..steps import STEPS
from . import bp
from .plans import audience_of
from .rule_form import ACTS, READY, form_of, is_rule, plan_of
from .steps import builder

EMPTY = {"name": "", "when": "membership.activated", "days": 14, "do": "add_tag", "tag": "", "body": ""}


@bp.get("/rules/new")
@policy("playbooks.write")
def new_rule():
    ready = READY.get(request.args.get("from", ""))
    return form(None, {**EMPTY, **ready[1], "name": ready[0]} if ready else EMPTY, Asked({}))


@bp.get("/<public_id>/rule")
@policy("playbooks.read")
def rule(public_id):
    automation = rule_of(public_id)
    return form(automation, form_of(automation), Asked(audience_of(automation.working)))


def rule_of(public_id: str) -> Automation:
    automation = Automation.find_or_404(public_id)
    if not is_rule(automation):
        abort(404)
    return automation


@bp.post("/rules")
@policy("playbooks.write")
def create_rule():
    return kept(None)


@bp.post("/<public_id>/rule")
@policy("playbooks.write")
def change_rule(public_id):
    return kept(rule_of(public_id))


def kept(automation):
    """Make or change the rule the form describes; a change is a new version at once."""
    asked, name = Asked.of(request.form), " ".join(request.form.get("name", "").split())[:80]
    if pressed(request.form):
        return form(automation, request.form, asked)
    try:
        if not name:
            raise BadPlan("name", "give it a name")
        if asked.error:
            raise BadPlan("builder", asked.error.rstrip("."))
        plan = plan_of(request.form, asked.tree or {"all": []})
        if automation is None:
            automation = Automation.make(name, "rule", plan)
        else:
            automation.name = name
            if plan != automation.version.spec:
                automation.publish(plan)
    except BadPlan as error:
        db.session.rollback()
        automation = Automation.find(automation.public_id) if automation is not None and automation.id else None
        place = error.path.replace("trigger.kind", "when")
        return form(automation, request.form, asked, {place: words.sentence(error)})
    db.session.commit()
    on = "Saved." if automation.on else "Saved. It is off until you switch it on."
    return toast(redirect_to(url_for(".show", public_id=automation.public_id)), on)


def form(automation, values, asked: Asked, errors=None):
    return page("automations/rule.html", status=422 if errors else 200, automation=automation, values=values,
                errors=errors or {}, triggers=words.triggers(),
                segments=list(named().items()), acts=[(act, STEPS[act].label) for act in ACTS],
                **builder(asked))
