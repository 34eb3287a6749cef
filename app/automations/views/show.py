"""One playbook: what it does, what came of it, its switch, and putting it away."""
from flask import request, url_for
from sqlalchemy import func, select

from app.kit.pages import hx, page, redirect_to, toast
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy

from .. import words
from ..engine import people_inside
from ..models import LIVE, Automation, Enrollment
from ..plan import BadPlan
from ..rehearsal import at_once
from ..steps import STEPS
from . import bp
from .drafts import Draft, trouble
from .figures import by_step, credited, figures


@bp.get("/<public_id>")
@policy("playbooks.read")
def show(public_id):
    automation = Automation.find_or_404(public_id)
    return shown(automation)


def shown(automation, status: int = 200, refused: BadPlan | None = None):
    """The playbook's page; `refused` is why it could not be published, told at the step concerned."""
    draft = Draft(automation)
    wrong = refused or (trouble(automation) if automation.draft is not None else None)
    lately = db.session.scalars(select(Enrollment).where(
        Enrollment.automation_id == automation.id, Enrollment.state.in_(LIVE)).order_by(
            Enrollment.due_at, Enrollment.id).limit(5)).all()
    return page("automations/show.html", status=status, automation=automation, spec=draft.spec, steps=STEPS,
                words=words, figures=figures([automation])[automation.id], by_step=by_step(automation), lately=lately,
                credited=credited(automation), wrong=wrong, told_wrong=words.sentence(wrong) if wrong else None,
                wrong_at=draft.step_at(wrong.path) if wrong else None,
                refused=refused is not None)


@bp.get("/<public_id>/activation")
@policy("playbooks.write")
def before_activation(public_id):
    """What switching it on will do, said before it is done for the first time."""
    return confirmed(Automation.find_or_404(public_id))


def confirmed(automation, status=200, error=None):
    spec = automation.version.spec
    return page("automations/activation.html", status=status, automation=automation, words=words, error=error,
                told_wrong=words.sentence(error) if error else None,
                waiting=at_once(automation), audience=db.session.scalar(_audience(automation)),
                sends=words.sends(spec), inside=len(people_inside(automation)))


def _audience(automation):
    return Person.matching(automation.plan.audience).where(Person.staff.is_(False)).with_only_columns(func.count())


@bp.post("/<public_id>/activation")
@policy("playbooks.write")
def activate(public_id):
    automation = Automation.find_or_404(public_id)
    if automation.launched_at is None and "sure" not in request.form:
        return redirect_to(url_for(".before_activation", public_id=public_id))
    try:
        automation.switch_on()
    except BadPlan as error:
        db.session.rollback()
        return confirmed(Automation.find(public_id), 422, error)
    db.session.commit()
    return switched(automation, f"{automation.name} is running.")


@bp.post("/<public_id>/activation/removal")
@policy("playbooks.write")
def deactivate(public_id):
    automation = Automation.find_or_404(public_id)
    automation.switch_off()
    db.session.commit()
    return switched(automation, f"{automation.name} is off. Those inside wait where they are.")


def switched(automation, said: str):
    """The switch alone for htmx, the playbook's page for everybody else."""
    if hx().is_partial:
        return toast(page("automations/_switch.html", automation=automation), said)
    return toast(redirect_to((request.form.get("back") == "list" and url_for(".index")) or
                             url_for(".show", public_id=automation.public_id)), said)


@bp.post("/<public_id>/archive")
@policy("playbooks.write")
def put_away(public_id):
    """Off and out of the list; pressed again, back in the list and still off."""
    automation = Automation.find_or_404(public_id)
    if automation.archived_at:
        automation.archived_at, said = None, "Back in the list, switched off."
    else:
        automation.put_away()
        said = f"{automation.name} is put away."
    db.session.commit()
    undo = url_for(".put_away", public_id=public_id) if automation.archived_at else None
    return toast(redirect_to(url_for(".index", tab="rules" if automation.kind == "rule" else None)), said, undo=undo)
