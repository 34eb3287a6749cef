"""Why somebody got it or not, the dry run, and what a person's page says about playbooks."""
from flask import render_template, url_for
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from app.kit.pages import page
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from .. import words
from ..models import Automation, Enrollment
from ..plan import BadPlan
from ..rehearsal import rehearse
from ..why import enrollments as ways
from ..why import why as reasons
from . import bp
from .drafts import Draft
from .show import shown

SHOWN, MOST = 100, 200


@bp.get("/<public_id>/why/<person_id>")
@policy("playbooks.read")
def why(public_id, person_id):
    automation, person = Automation.find_or_404(public_id), Person.find_or_404(person_id)
    return page("automations/why.html", part="automations/_why.html", automation=automation, person=person, words=words,
                sentences=reasons(automation, person), mine=ways(automation, person))


@bp.get("/<public_id>/rehearsal")
@policy("playbooks.read")
def rehearsal(public_id):
    automation = Automation.find_or_404(public_id)
    try:
        run = rehearse(automation)
    except BadPlan as error:
        return shown(automation, 422, error)
    return page("automations/rehearsal.html", automation=automation, run=run, shown=run.entries[:SHOWN], words=words,
                sends=words.sends(Draft(automation).spec))


@fills("event.source", 40, of="automation")
def page_of_enrollment(event) -> str:
    """Their way through the playbook; the playbook itself where an old event does not name it."""
    if event.data.get("enrollment"):
        return url_for("playbooks.enrollment", public_id=event.data["automation"],
                       enrollment_id=event.data["enrollment"])
    return url_for("playbooks.show", public_id=event.data["automation"])


@fills("person.panel", order=30, title="Playbooks", column="aside")
def playbooks_of(person):
    """Each playbook that runs or that they were in, where they stand, and the way to "why"."""
    mine = and_(Enrollment.automation_id == Automation.id, Enrollment.person_id == person.id)
    rows = db.session.execute(select(Automation, Enrollment).options(joinedload(Enrollment.version)).outerjoin(
        Enrollment, mine).where(Automation.kind != "rule", or_(Enrollment.id.is_not(None), and_(
            Automation.enabled_at.is_not(None), Automation.archived_at.is_(None)))).order_by(
                Automation.name, Automation.id, Enrollment.entered_at.desc(), Enrollment.id.desc()).limit(MOST)).all()
    if not rows:
        return None
    latest, found = {}, list(dict.fromkeys(one for one, _ in rows))
    for _, enrollment in rows:
        if enrollment is not None:
            latest.setdefault(enrollment.automation_id, enrollment)
    rows = [(one, latest.get(one.id), url_for("playbooks.why", public_id=one.public_id, person_id=person.public_id))
            for one in found]
    rows.sort(key=lambda row: (row[1] is None or row[1].held_out, row[1] is None))
    return render_template("automations/_panel.html", rows=rows, words=words, person=person)
