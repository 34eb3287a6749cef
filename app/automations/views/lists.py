"""The list of playbooks and rules, and the page where a new one begins."""
from flask import request, url_for
from sqlalchemy import select

from app.kit.pages import page, redirect_to, toast
from app.segments import named
from app.spine.db import db
from app.spine.policy import policy

from .. import words
from ..beginnings import BEGINNINGS, begin
from ..models import Automation
from ..plan import BadPlan
from . import bp
from .beginning import trigger_of
from .figures import credited, figures
from .rule_form import READY

TABS = {"": "Playbooks", "rules": "Rules", "away": "Put away"}


@bp.get("")
@policy("playbooks.read")
def index():
    tab = request.args.get("tab") if request.args.get("tab") in TABS else ""
    rows = db.session.scalars(_of(tab).order_by(Automation.enabled_at.is_(None), Automation.name, Automation.id)).all()
    held = db.session.scalars(select(Automation)).all()
    counts = {"": 0, "rules": 0, "away": 0}
    for one in held:
        counts["away" if one.archived_at else "rules" if one.kind == "rule" else ""] += 1
    tabs = [{"label": label, "count": counts[name], "current": name == tab,
             "href": url_for(".index", tab=name or None)} for name, label in TABS.items()]
    return page("automations/index.html", tab=tab, tabs=tabs, rows=rows, figures=figures(rows), words=words,
                ready=READY, credited={one.id: credited(one) for one in rows if one.launched_at and tab != "rules"})


def _of(tab: str):
    found = select(Automation)
    if tab == "away":
        return found.where(Automation.archived_at.is_not(None))
    found = found.where(Automation.archived_at.is_(None))
    return found.where(Automation.kind == "rule" if tab == "rules" else Automation.kind != "rule")


@bp.get("/new")
@policy("playbooks.write")
def new():
    return _new({"start": request.args.get("start", "blank"), "when": "membership.activated", "days": 14})


def _new(values, errors=None, status=200):
    return page("automations/new.html", status=status, values=values, errors=errors or {}, beginnings=BEGINNINGS,
                triggers=words.triggers(), segments=list(named().items()))


@bp.post("")
@policy("playbooks.write")
def create():
    """A new playbook, off: a copy of a beginning, or an empty one that starts with something."""
    form, errors = request.form, {}
    name, start = " ".join(form.get("name", "").split())[:80], form.get("start", "blank")
    if not name and start in BEGINNINGS:
        name = BEGINNINGS[start][0]
    if not name:
        errors["name"] = "Give it a name."
    try:
        trigger = trigger_of(form) if start not in BEGINNINGS else None
    except BadPlan as error:
        errors[error.path] = words.sentence(error)
    if errors:
        return _new(form, errors, 422)
    automation = begin(start, name, trigger)
    db.session.commit()
    return toast(redirect_to(url_for(".show", public_id=automation.public_id)),
                 "Made. It is off until you switch it on.")
