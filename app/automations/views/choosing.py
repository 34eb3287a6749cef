"""Putting somebody into a playbook from their own page."""
from flask import url_for
from sqlalchemy import select

from app.kit.pages import page
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from ..entering import verdict
from ..models import Automation
from . import bp


@fills("person.action", 20, label="Put into a playbook", icon="workflow", permission="playbooks.write")
def put_into(person) -> str:
    return url_for("playbooks.choose", person_id=person.public_id)


@bp.get("/people/<person_id>")
@policy("playbooks.write")
def choose(person_id):
    """Every playbook that is on, and whether they may enter it."""
    person = Person.find_or_404(person_id)
    found = db.session.scalars(select(Automation).where(
        Automation.kind != "rule", Automation.enabled_at.is_not(None), Automation.archived_at.is_(None)).order_by(
            Automation.name, Automation.id)).all()
    return page("automations/choose.html", person=person, rows=[(one, verdict(one, person, None)) for one in found])
