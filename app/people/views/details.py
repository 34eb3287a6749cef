"""What is changed in place on a person's page: who looks after them, where a lead stands."""
from flask import abort, flash, render_template, request, url_for
from sqlalchemy import select

from app.accounts import User, team
from app.kit.pages import hx, redirect_to, toast
from app.people.models import LEAD_STATUSES, Person
from app.spine.db import db
from app.spine.policy import policy

from . import bp


def whole(person: Person, template: str, anchor: str, **more):
    """One part for htmx, else the person's page at this place."""
    if hx().is_partial:
        return render_template(template, person=person, **more)
    return redirect_to(url_for("people.show", public_id=person.public_id) + f"#{anchor}")


@bp.post("/<public_id>/assignment")
@policy("people.write")
def assign(public_id):
    person, wanted = Person.find_or_404(public_id), request.form.get("assignee")
    user = (db.session.scalar(select(User).where(User.public_id == wanted)) or abort(404)) if wanted else None
    try:
        person.assign(user)
    except ValueError as error:
        abort(422, str(error))
    db.session.commit()
    words = f"{user.label} looks after {person.label} now." if user else f"Nobody looks after {person.label} now."
    return toast(whole(person, "people/_assigned.html", "assigned", team=team()), words)


@bp.post("/<public_id>/lead-status")
@policy("people.write")
def move_lead(public_id):
    """Where a lead stands; only for those who are, or were, one."""
    person, status = Person.find_or_404(public_id), request.form.get("lead_status") or None
    if status not in (None, *LEAD_STATUSES) or (person.stage != "lead" and person.lead_status is None):
        abort(422, "Choose one of the lead statuses.")
    person.move_lead(status)
    db.session.commit()
    if not hx().is_partial:
        flash("Lead status saved.")
    from .person import bought, lead_words
    return whole(person, "people/_lead.html", "lead", lead_statuses=lead_words(), bought=bought(person))
