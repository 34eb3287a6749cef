"""One person: everything known, and the form to add or change them."""
from flask import abort, redirect, request, url_for
from markupsafe import Markup

from app.kit.pages import page, redirect_to
from app.kit.paging import BadCursor
from app.people.entry import BadEntry, add, change
from app.people.meeting import DETAILS
from app.people.models import LEAD_STATUSES, Person
from app.people.timeline import GROUPS, Timeline
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import filled

from . import bp


def panels(person: Person, column: str) -> list[dict]:
    """What other domains say about this person, in their order; silent ones left out."""
    said = [(traits, fill(person)) for fill, traits in filled("person.panel") if traits.get("column", "main") == column]
    return [{"title": traits.get("title"), "html": Markup(html)}  # noqa: S704 - rendered by our own templates
            for traits, html in said if html]


def facts(person: Person) -> list[tuple]:
    return [fact for fill, _ in filled("person.fact") if (fact := fill(person))]


def page_of(person: Person, status: int = 200, **more):
    """The whole page, or its timeline for htmx."""
    try:
        timeline = Timeline(person, request.args.get("group", ""), request.args.get("cursor"))
    except BadCursor as error:
        abort(400, str(error))
    part = "people/_events.html" if request.args.get("cursor") else "people/_timeline.html"
    return page("people/show.html", part=part, status=status, person=person, timeline=timeline, groups=GROUPS,
                main=panels(person, "main"), aside=panels(person, "aside"), facts=facts(person), **more)


@bp.get("/<public_id>")
@policy("people.read")
def show(public_id):
    person = Person.find_or_404(public_id)
    if person.merged_into_id:
        return redirect(url_for("people.show", public_id=db.session.get(Person, person.merged_into_id).public_id), 301)
    return page_of(person)


def form(person, values, errors=None, status: int = 200):
    statuses = [(status, status.capitalize()) for status in LEAD_STATUSES]
    return page("people/form.html", status=status, person=person, values=values, errors=errors or {},
                lead_statuses=statuses)


@bp.get("/new")
@policy("people.write")
def new():
    return form(None, {})


@bp.post("")
@policy("people.write")
def create():
    try:
        person = add(request.form)
    except BadEntry as refused:
        db.session.rollback()
        return form(None, request.form, refused.fields, 422)
    db.session.commit()
    return redirect_to(url_for("people.show", public_id=person.public_id))


@bp.get("/<public_id>/edit")
@policy("people.write")
def edit(public_id):
    person = Person.find_or_404(public_id)
    return form(person, {field: getattr(person, field) for field in DETAILS})


@bp.post("/<public_id>")
@policy("people.write")
def update(public_id):
    person = Person.find_or_404(public_id)
    try:
        change(person, request.form)
    except BadEntry as refused:
        db.session.rollback()
        return form(Person.find(public_id), request.form, refused.fields, 422)
    db.session.commit()
    return redirect_to(url_for("people.show", public_id=public_id))
