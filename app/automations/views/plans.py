"""Editing what stands around the steps: the start, the audience, the end, the settings. And publishing it all."""
from flask import abort, request, url_for

from app.kit.pages import page, redirect_to, toast
from app.segments import Asked, named, pressed
from app.spine.db import db
from app.spine.events import CATALOGUE
from app.spine.policy import policy

from .. import words
from ..engine import people_inside
from ..models import Automation
from ..models.automation import KINDS
from ..plan import BadPlan
from . import bp
from .beginning import days, segment_of, trigger_of
from .drafts import Draft, trouble
from .show import shown
from .steps import builder, draft_of, kept

RUNNING = ("finish", "move", "exit")


@bp.get("/<public_id>/start")
@policy("playbooks.write")
def start(public_id):
    draft = draft_of(public_id)
    return start_form(draft, Asked(audience_of(draft.spec)))


@bp.post("/<public_id>/start")
@policy("playbooks.write")
def change_start(public_id):
    draft, form = draft_of(public_id), request.form
    asked = Asked.of(form)
    draft.spec["audience"] = asked.tree or {"all": []}
    if pressed(form):
        return start_form(draft, asked, form)
    try:
        draft.spec["trigger"], draft.spec["reentry"] = trigger_of(form, draft.spec["trigger"]), _again(form)
        if asked.error:
            raise BadPlan("builder", asked.error.rstrip("."))
    except BadPlan as error:
        return start_form(draft, asked, form, error)
    return kept(draft, "Kept in the draft.")


def start_form(draft, asked: Asked, given=None, refused: BadPlan | None = None):
    spec = draft.spec
    held = {"when": spec["trigger"]["kind"], "days": spec["trigger"].get("days", 14),
            "segment": segment_of(spec["trigger"]),
            "policy": (spec.get("reentry") or {}).get("policy", "once"),
            "again": (spec.get("reentry") or {}).get("days", 30)}
    return page("automations/start.html", status=422 if refused else 200, automation=draft.automation, words=words,
                values=given or held, errors={refused.path: words.sentence(refused)} if refused else {},
                triggers=words.triggers(), segments=list(named().items()), **builder(asked))


def _again(form) -> dict:
    policy_asked = form.get("policy", "")
    if policy_asked not in words.POLICY_WORDS:
        raise BadPlan("policy", "choose who may enter again")
    if policy_asked != "after_days":
        return {"policy": policy_asked}
    return {"policy": policy_asked, "days": days(form.get("again"), "again")}


def audience_of(spec: dict) -> dict:
    """Its audience as the builder takes it; `{}` for everyone."""
    held = spec.get("audience") or {}
    return {} if held == {"all": []} else held


@bp.get("/<public_id>/ending")
@policy("playbooks.write")
def ending(public_id):
    draft = draft_of(public_id)
    return page("automations/ending.html", automation=draft.automation, spec=draft.spec, words=words,
                kinds=words.catalogue())


@bp.post("/<public_id>/ending")
@policy("playbooks.write")
def change_ending(public_id):
    """The goal and the exits. An exit about a payment that starts about one means the same payment."""
    draft, form = draft_of(public_id), request.form
    before = {rule["on"]: rule for rule in [draft.spec.get("goal") or {}, *draft.spec.get("exits", [])] if rule}
    same = "payment" if draft.spec["trigger"]["kind"].startswith("payment.") else None

    def rule(name: str) -> dict:
        fresh = {"on": name, "same": same} if same and name.startswith("payment.") else {"on": name}
        return before.get(name, fresh)
    goal = form.get("goal", "")
    draft.spec["goal"] = rule(goal) if goal in CATALOGUE else None
    draft.spec["exits"] = [rule(name) for name in dict.fromkeys(form.getlist("exits"))
                           if name in CATALOGUE and name != goal]
    return kept(draft, "Kept in the draft.")


@bp.get("/<public_id>/settings")
@policy("playbooks.write")
def settings(public_id):
    return settings_form(draft_of(public_id))


@bp.post("/<public_id>/settings")
@policy("playbooks.write")
def change_settings(public_id):
    """Name, words, kind and hold-out count at once; what it offers is part of the plan and waits in the draft."""
    draft, form = draft_of(public_id), request.form
    automation, errors = draft.automation, {}
    name, hold_out, link = (form.get(field, "").strip() for field in ("name", "hold_out", "offer_link"))
    if not 0 < len(name) <= 80:
        errors["name"] = "Give it a name of 1 to 80 characters."
    if not (hold_out.isascii() and hold_out.isdigit() and int(hold_out[:4]) <= 50):
        errors["hold_out"] = "Say a whole number of per cent, from 0 to 50."
    if link and not link.startswith(("https://", "http://")):
        errors["offer_link"] = "A link begins with https://."
    if errors:
        return settings_form(draft, form, errors)
    automation.name, automation.hold_out, automation.about = name, int(hold_out), form.get("about", "").strip()[:400]
    automation.kind = form["kind"] if form.get("kind") in KINDS and form["kind"] != "rule" else automation.kind
    offer = {"offer_link": link, "discount": form.get("discount", "").strip()[:80]}
    held = {key: value for key, value in (draft.spec.get("settings") or {}).items() if key not in offer}
    settings = held | {key: value for key, value in offer.items() if value}
    if settings != (draft.spec.get("settings") or {}):
        draft.spec["settings"] = settings
    return kept(draft, "Saved." if automation.working == draft.spec else "Saved. What it offers waits in the draft.")


def settings_form(draft, given=None, errors=None):
    automation, offer = draft.automation, draft.spec.get("settings") or {}
    held = {"name": automation.name, "about": automation.about, "kind": automation.kind,
            "hold_out": automation.hold_out, "offer_link": offer.get("offer_link"), "discount": offer.get("discount")}
    return page("automations/settings.html", status=422 if errors else 200, automation=automation, values=given or held,
                errors=errors or {}, kinds=[(key, label) for key, label in words.KIND_WORDS.items() if key != "rule"])


@bp.get("/<public_id>/publication")
@policy("playbooks.write")
def before_publication(public_id):
    """What becomes of those inside, asked before the next version begins."""
    automation = draft_of(public_id).automation
    if automation.draft is None:
        abort(409, "There is nothing to publish: the draft is the same as what is running.")
    wrong = trouble(automation)
    if wrong:
        return shown(automation, 422, wrong)
    there = {step["id"] for step, *_ in Draft(automation).walk()}
    inside = people_inside(automation)
    return page("automations/publication.html", automation=automation, inside=len(inside),
                stranded=sum(1 for one in inside if one.step_id not in there), number=automation.version.number + 1)


@bp.post("/<public_id>/publication")
@policy("playbooks.write")
def publish(public_id):
    automation = draft_of(public_id).automation
    if automation.draft is None:
        abort(409, "There is nothing to publish: the draft is the same as what is running.")
    running = request.form.get("running", "finish")
    if running not in RUNNING:
        abort(422, "Choose what happens to those inside: finish, move or exit.")
    try:
        version = automation.publish(automation.draft, running)
    except BadPlan as error:
        db.session.rollback()
        return shown(Automation.find(public_id), 422, error)
    db.session.commit()
    return toast(redirect_to(url_for(".show", public_id=public_id)), f"Version {version.number} is published.")


@bp.post("/<public_id>/draft/removal")
@policy("playbooks.write")
def discard(public_id):
    automation = draft_of(public_id).automation
    automation.redraft(None)
    db.session.commit()
    return toast(redirect_to(url_for(".show", public_id=public_id)), "The draft is gone. What is published stands.")


@bp.get("/<public_id>/versions")
@policy("playbooks.read")
def versions(public_id):
    """Every version that was published, with its steps in words, and who is still on it."""
    automation = Automation.find_or_404(public_id)
    on = {}
    for one in people_inside(automation):
        on[one.version_id] = on.get(one.version_id, 0) + 1
    held = [version for version in reversed(automation.versions) if version.number]
    return page("automations/versions.html", automation=automation, versions=held, on=on, words=words,
                steps={one.id: [step for step, *_ in Draft(_Frozen(one.spec)).walk()] for one in held})


class _Frozen:
    """A published spec, for walking."""

    def __init__(self, spec: dict):
        self.working = spec
