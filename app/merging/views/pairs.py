"""Choosing whom to merge with, seeing what comes of it, doing it and undoing it."""
from flask import abort, g, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.kit.clock import now
from app.kit.pages import page, redirect_to, toast
from app.merging.merge import BadMerge, merge, undo
from app.merging.models import KEPT, Merge
from app.merging.preview import Preview
from app.merging.suggestions import open_suggestions
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy

from . import bp

FOUND = 10


def shown(person: Person, other: Person | None, status: int = 200, error: str | None = None):
    """The choice, or the preview of one."""
    preview, words = None, request.values.get("q", "").strip()[:200]
    if other is not None:
        try:
            preview = Preview(person, other)
        except BadMerge as refused:
            status, error = 422, str(refused)
    found = db.session.scalars(Person.search(words).where(Person.id != person.id).order_by(
        Person.last_active_at.desc().nulls_last(), Person.id).limit(FOUND)).all() if words and not preview else []
    return page("merging/preview.html" if preview else "merging/choose.html", status=status, person=person, error=error,
                preview=preview, found=found, words=words, suggestions=open_suggestions(person))


@bp.get("/people/<public_id>/merges")
@policy("data.merge")
def choose(public_id):
    person = Person.find_or_404(public_id)
    other = Person.find_or_404(request.args["other"]) if request.args.get("other") else None
    return shown(person, other)


@bp.post("/people/<public_id>/merges")
@policy("data.merge")
def create(public_id):
    person, other = Person.find_or_404(public_id), Person.find_or_404(request.form.get("other", ""))
    chosen = {name.removeprefix("choice."): value for name, value in request.form.items()
              if name.startswith("choice.")}
    try:
        done = merge(person, other, chosen, by=g.user)
    except BadMerge as error:
        db.session.rollback()
        return shown(Person.find(public_id), None, 422, str(error))
    db.session.commit()
    return toast(redirect_to(url_for("people.show", public_id=public_id)), f"{other.label} is part of this entry now.",
                 undo=url_for(".unmake", public_id=public_id, merge_id=done.public_id))


@bp.post("/people/<public_id>/merges/<merge_id>/removal")
@policy("data.merge")
def unmake(public_id, merge_id):
    person, done = Person.find_or_404(public_id), Merge.find_or_404(merge_id)
    if done.kept_id != person.id:
        abort(404)
    back = redirect_to(url_for("people.show", public_id=public_id))
    try:
        undo(done)
    except BadMerge as error:
        db.session.rollback()
        return toast(back, str(error))
    db.session.commit()
    return toast(back, "They are two again, as before.")


@bp.get("/merges")
@policy("data.merge")
def index():
    """The merges of the last weeks, with the way to undo them."""
    lasting = select(Merge).options(joinedload(Merge.kept), joinedload(Merge.gone), joinedload(Merge.by)).where(
        Merge.undone_at.is_(None), Merge.created_at > now() - KEPT)
    return page("merging/index.html", merges=db.session.scalars(lasting.order_by(Merge.id.desc()).limit(200)).all())
