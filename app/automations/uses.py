"""Which playbooks ask for a segment, so that it is not deleted from under them."""
from flask import url_for
from sqlalchemy import or_, select

from app.spine.conditions import BadCondition, fold, leaves
from app.spine.db import db

from .models import LIVE, Automation, AutomationVersion, Enrollment

ASKING = ("segment", "event.data.segment")


def uses(segment) -> list[dict]:
    """[{label, href, starts}] of playbooks that ask for it: in what runs, the draft, a version somebody is still on."""
    return [{"label": one.name, "href": url_for("playbooks.show", public_id=one.public_id),
             "starts": one.on and one.plan.segment == segment.public_id}
            for one in db.session.scalars(select(Automation).order_by(Automation.name, Automation.id))
            if any(asks_for(tree, segment.public_id) for spec in _specs(one) for tree in conditions(spec))]


def _specs(automation: Automation) -> list[dict]:
    still_on = select(Enrollment.version_id).where(Enrollment.automation_id == automation.id,
                                                   Enrollment.state.in_(LIVE))
    published = db.session.scalars(select(AutomationVersion.spec).where(
        AutomationVersion.automation_id == automation.id,
        or_(AutomationVersion.id == automation.version_id, AutomationVersion.id.in_(still_on))))
    return [automation.working, *published]


def tag_uses(tag) -> list[dict]:
    """The same for a tag: asked for in a condition, put on or taken off by a step."""
    return [{"label": one.name, "href": url_for("playbooks.show", public_id=one.public_id)}
            for one in db.session.scalars(select(Automation).order_by(Automation.name, Automation.id))
            if any(names(spec, tag) for spec in _specs(one))]


def names(spec: dict, tag) -> bool:
    """Whether a plan speaks of a tag, by any of its names."""
    said = [step.get("tag") for step in steps(spec)]
    for tree in conditions(spec):
        try:
            values = [leaf.get("value") for leaf in leaves(tree) if leaf.get("field") == "tags"]
        except BadCondition:
            continue
        said += [one for value in values for one in (value if isinstance(value, list) else [value])]
    return any(fold(one) in tag.keys for one in said if one)


def steps(spec: dict) -> list[dict]:
    """Every step of a plan, branches included."""
    found, waiting = [], list(spec.get("steps") or [])
    while waiting:
        step = waiting.pop()
        found.append(step)
        waiting += [*(step.get("yes") or []), *(step.get("no") or [])]
    return found


def conditions(spec: dict) -> list[dict]:
    """Every condition of a plan: of its audience, its trigger and its branches, unfinished ones too."""
    found = [spec.get("audience"), (spec.get("trigger") or {}).get("condition"),
             *(step.get("if") for step in steps(spec))]
    return [tree for tree in found if tree]


def asks_for(tree: dict, public_id: str) -> bool:
    try:
        asked = [leaf.get("value") for leaf in leaves(tree) if leaf.get("field") in ASKING]
    except BadCondition:
        return False
    return any(public_id in (value if isinstance(value, list) else [value]) for value in asked)
