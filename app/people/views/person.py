"""One person: everything known, and the form to add or change them."""
from types import SimpleNamespace

from flask import abort, redirect, request, url_for
from markupsafe import Markup
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from app.accounts import current_account, team
from app.kit.clock import now
from app.kit.pages import hx, page, redirect_to
from app.kit.paging import BadCursor
from app.people.entry import ADDRESS, BadEntry, add, change
from app.people.meeting import DETAILS
from app.people.models import LEAD_STATUSES, CustomField, Person, Tag, Tagging
from app.people.views.timeline import GROUPS, Timeline, source
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import filled

from . import bp

SUGGESTED = 200

def panels(person: Person, column: str) -> list[dict]:
    """What other domains say about this person, in their order; silent ones left out."""
    said = [(traits, fill(person)) for fill, traits in filled("person.panel") if traits.get("column", "main") == column]
    return [{"title": traits.get("title"), "html": Markup(html)}  # noqa: S704 - rendered by our own templates
            for traits, html in said if html]


def facts(person: Person) -> list[tuple]:
    return [fact for fill, _ in filled("person.fact") if (fact := fill(person))]


def notices(person: Person) -> list[Markup]:
    """What somebody should see before anything else."""
    return [Markup(html) for fill, _ in filled("person.notice") if (html := fill(person))]  # noqa: S704 - our templates


def actions(person: Person) -> list[dict]:
    """What else can be done about them, as menu items."""
    return [{**traits, "href": fill(person)} for fill, traits in filled("person.action")]


def page_of(person: Person, status: int = 200, **more):
    """The whole page, or its timeline for htmx."""
    written = None if hx().is_partial else person.written
    try:
        timeline = Timeline(person, request.args.get("group", ""), request.args.get("cursor"), written)
    except BadCursor as error:
        abort(400, str(error))
    if hx().is_partial:
        part = "people/_events.html" if request.args.get("cursor") else "people/_timeline.html"
        return page("people/show.html", part=part, status=status, person=person, timeline=timeline, groups=GROUPS)
    notes = [note for note in written if not note.removed_at]
    return page("people/show.html", status=status, person=person, timeline=timeline, groups=GROUPS, notes=notes,
                main=panels(person, "main"), aside=panels(person, "aside"), facts=facts(person), away=away(person),
                notices=notices(person), actions=actions(person), team=team(), fields=CustomField.all(),
                lead_statuses=lead_words(), bought=bought(person), **tags_around(person), **more)


def away(person: Person) -> int | None:
    """Days since they were last seen, by the account's days."""
    if person.last_active_at is None:
        return None
    today, seen = (moment.astimezone(current_account().zone).date() for moment in (now(), person.last_active_at))
    return max(0, (today - seen).days)


def tags_around(person: Person) -> dict:
    """Their own tags, and others to suggest while one is typed, in one question."""
    rows = db.session.execute(select(Tag, Tagging.id).outerjoin(Tagging, and_(
        Tagging.tag_id == Tag.id, Tagging.person_id == person.id)).order_by(
            Tagging.id.is_(None), Tag.key).limit(SUGGESTED)).all()
    return {"tags": [tag for tag, held in rows if held], "other_tags": [tag for tag, held in rows if not held]}


def bought(person: Person) -> str | None:
    """Where the payment that made a customer of a lead can be seen."""
    told = SimpleNamespace(kind="payment", data=person.conversion or {})
    return source(told) if person.converted_at else None


def lead_words() -> list[tuple[str, str]]:
    return [(status, status.capitalize()) for status in LEAD_STATUSES]


@bp.get("/<public_id>")
@policy("people.read")
def show(public_id):
    person = db.session.scalars(select(Person).options(joinedload(Person.identities)).where(
        Person.public_id == public_id)).unique().one_or_none() or abort(404)
    if person.merged_into_id:
        there = redirect(url_for("people.show", public_id=db.session.get(Person, person.merged_into_id).public_id), 301)
        there.headers["Cache-Control"] = "no-store"           # a merge may be undone
        return there
    return page_of(person)


def form(person, values, errors=None, status: int = 200):
    return page("people/form.html", status=status, person=person, values=values, errors=errors or {},
                lead_statuses=lead_words(), fields=CustomField.all(), address=ADDRESS)


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
    return form(person, {**{field: getattr(person, field) for field in DETAILS},
                         **{f"address.{part}": text for part, text in (person.address or {}).items()},
                         **{f"custom.{key}": value for key, value in (person.custom or {}).items()}})


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
