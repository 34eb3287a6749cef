"""Putting many people into a playbook by hand."""
from sqlalchemy import select

from app.bulk import Act
from app.people import Person
from app.spine.db import db
from app.spine.slots import fills

from ..entering import enter, verdict
from ..models import Automation


def _running() -> dict:
    """Playbooks that are on, for the choice."""
    rows = db.session.scalars(select(Automation).where(
        Automation.enabled_at.is_not(None), Automation.archived_at.is_(None)).order_by(Automation.name))
    return {one.public_id: one.name for one in rows}


def _read(form) -> dict:
    automation = Automation.find(form.get("playbook", ""))
    if automation is None or not automation.on:
        raise ValueError("Choose a playbook that is switched on.")
    return {"playbook": automation.public_id, "label": automation.name}


def _enrol(ids, params):
    """Everybody whom its rules let in; the others with the reason."""
    automation, entered, refused = Automation.find(params["playbook"]), {}, {}
    for person in db.session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)).all():
        if automation is None or not automation.on:
            refused[person.id] = "The playbook was switched off meanwhile."
        elif enter(automation, person, by="a bulk action") is not None:
            entered[person.id] = None
        else:
            refused[person.id] = verdict(automation, person, None).words
    return entered, refused


fills("bulk.act", 14)(Act("enrol", "Enrol in a playbook", "workflow", "playbooks.write", _read,
                          lambda given: f"Enrol in “{given['label']}”", _enrol, asks="playbook", choices=_running,
                          stride=100))
