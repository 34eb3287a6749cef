"""Who is inside, who is through, who left; the log of each; putting somebody in or out by hand."""
from flask import abort, g, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.kit.pages import page, redirect_to, toast
from app.kit.paging import BadCursor, keyset
from app.people import Person
from app.spine.db import db
from app.spine.events import Event
from app.spine.policy import policy

from .. import words
from ..engine import leave
from ..entering import enter, verdict
from ..models import LIVE, Automation, Enrollment, StepRun
from ..why import messages
from . import bp
from .drafts import Draft

TABS = {"": ("Everybody", None), "inside": ("Inside", LIVE), "through": ("Through", ("completed",)),
        "left": ("Left", ("exited",)), "failed": ("Failed", ("failed",))}
MARKS = {"done": ("check", "good"), "failed": ("circle-alert", "bad"), "waiting": ("clock", ""),
         "skipped": ("skip-forward", "")}


@bp.get("/<public_id>/enrollments")
@policy("playbooks.read")
def enrollments(public_id):
    automation = Automation.find_or_404(public_id)
    tab, step_id = request.args.get("tab", ""), request.args.get("step", "")
    tab = tab if tab in TABS else ""
    query = select(Enrollment).options(joinedload(Enrollment.person), joinedload(Enrollment.version)).where(
        Enrollment.automation_id == automation.id)
    if TABS[tab][1]:
        query = query.where(Enrollment.state.in_(TABS[tab][1]))
    if step_id:
        query = query.where(Enrollment.step_id == step_id)
    try:
        found = keyset(db.session, query, Enrollment.entered_at, Enrollment.id, descending=True,
                       cursor=request.args.get("cursor"))
    except BadCursor as error:
        abort(404, str(error))
    steps = [(step["id"], words.step(step)) for step, *_ in Draft(automation).walk()]
    return page("automations/enrollments.html", part="automations/_enrollments.html", automation=automation,
                found=found, tabs=_tabs(public_id, tab, step_id), tab=tab, step=step_id, steps=steps, words=words,
                candidates=_candidates(automation))


def _tabs(public_id: str, tab: str, step_id: str) -> list[dict]:
    return [{"label": label, "current": name == tab, "href": url_for(
        ".enrollments", public_id=public_id, tab=name or None, step=step_id or None)}
        for name, (label, _) in TABS.items()]


def _candidates(automation):
    """People found by the words in `person`, each with whether they would be let in now."""
    asked = request.args.get("person", "").strip()[:100]
    if not asked:
        return None
    people = db.session.scalars(Person.search(asked).order_by(Person.name, Person.id).limit(8)).all()
    return [(person, verdict(automation, person, None)) for person in people]


@bp.post("/<public_id>/enrollments")
@policy("playbooks.write")
def enrol(public_id):
    automation = Automation.find_or_404(public_id)
    person = Person.find_or_404(request.form.get("person", ""))
    back = redirect_to(url_for(".enrollments", public_id=public_id))
    if not automation.on:
        return toast(back, "The playbook is off. Switch it on before you put somebody in.")
    enrollment = enter(automation, person, by=g.user.name or g.user.email)
    if enrollment is None:
        refused = verdict(automation, person, None).words
        db.session.commit()
        return toast(back, refused)
    db.session.commit()
    return toast(redirect_to(_address(automation, enrollment)), f"{person.label} is in.")


def _address(automation, enrollment) -> str:
    return url_for(".enrollment", public_id=automation.public_id, enrollment_id=enrollment.public_id)


def _mine(public_id: str, enrollment_id: str) -> Enrollment:
    automation, enrollment = Automation.find_or_404(public_id), Enrollment.find_or_404(enrollment_id)
    if enrollment.automation_id != automation.id:
        abort(404)
    return enrollment


@bp.get("/<public_id>/enrollments/<enrollment_id>")
@policy("playbooks.read")
def enrollment(public_id, enrollment_id):
    one = _mine(public_id, enrollment_id)
    return page("automations/enrollment.html", enrollment=one, automation=one.automation, person=one.person,
                words=words, log=log(one), live=one.state in LIVE)


def log(enrollment) -> list[dict]:
    """What happened to them in here, newest first, for a timeline."""
    event = db.session.get(Event, enrollment.event_id) if enrollment.event_id else None
    by = (enrollment.context or {}).get("by")
    cause = event.sentence if event else f"Put in by {by}" if by else "Entered"
    lines = [{"at": enrollment.entered_at, "icon": "log-in", "tone": "info", "what": "Entered", "text": cause}]
    sent = {message.step_key: message for message in messages(enrollment)}
    nodes = enrollment.version.plan.nodes
    for run in db.session.scalars(select(StepRun).where(StepRun.enrollment_id == enrollment.id).order_by(
            StepRun.at, StepRun.id)):
        message, node = sent.get(run.step_id), nodes.get(run.step_id)
        icon, tone = MARKS.get(run.status, ("circle", ""))
        lines.append({"at": run.at, "icon": icon, "tone": tone, "what": words.step(node.spec) if node else run.step_id,
                      "text": run.words, "who": message and "Message.",
                      "href": message and url_for("messages.show", message_id=message.public_id)})
    if enrollment.finished_at:
        lines.append({"at": enrollment.finished_at, "icon": "log-out", "tone": "", "what": words.outcome(enrollment)})
    return lines[::-1]


@bp.post("/<public_id>/enrollments/<enrollment_id>/removal")
@policy("playbooks.write")
def take_out(public_id, enrollment_id):
    one = _mine(public_id, enrollment_id)
    if one.state not in (*LIVE, "failed"):
        abort(409, "They are not inside any more.")
    leave(one, "by_hand", f"Taken out by {g.user.name or g.user.email}.")
    db.session.commit()
    said = f"{one.person.label} is out. What was not sent is not sent."
    return toast(redirect_to(_address(one.automation, one)), said)
