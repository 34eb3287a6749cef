"""Settings: all tags, with how many people have each; renaming, colours, merging, deleting and bringing back."""
from flask import request, url_for
from sqlalchemy import select

from app.kit.pages import page, redirect_to, toast
from app.labels.removals import TagRemoval, worn
from app.people import COLOURS, Tag
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import filled, fills

from . import bp

fills("settings.page", 44, label="Tags", icon="tag", permission="people.read")("labels.all_tags")


def shown(status: int = 200, **more):
    return page("labels/tags.html", status=status, counts=worn(), colours=COLOURS,
                tags=db.session.scalars(select(Tag).order_by(Tag.key)).all(), **more)


@bp.get("/tags")
@policy("people.read")
def all_tags():
    return shown()


@bp.post("/tags")
@policy("settings.write")
def make_tag():
    try:
        tag = Tag.named(request.form.get("name", ""))
        if request.form.get("colour"):
            tag.recolour(request.form["colour"])
    except ValueError as error:
        db.session.rollback()
        return shown(422, error=str(error), name=request.form.get("name", ""))
    db.session.commit()
    return redirect_to(url_for("labels.all_tags"))


def one(tag: Tag, status: int = 200, error: str | None = None):
    others = db.session.scalars(select(Tag).where(Tag.id != tag.id).order_by(Tag.key)).all()
    uses = [use for fill, _ in filled("tag.use") for use in fill(tag)]
    return page("labels/tag.html", status=status, tag=tag, error=error, others=others, uses=uses, colours=COLOURS,
                holders=worn().get(tag.id, 0))


@bp.get("/tags/<tag_id>")
@policy("settings.write")
def edit_tag(tag_id):
    return one(Tag.find_or_404(tag_id))


@bp.post("/tags/<tag_id>")
@policy("settings.write")
def alter_tag(tag_id):
    tag = Tag.find_or_404(tag_id)
    try:
        if request.form.get("name", "").strip() != tag.name:
            tag.rename(request.form.get("name", ""))
        tag.recolour(request.form.get("colour") or tag.colour)
    except ValueError as error:
        db.session.rollback()
        return one(Tag.find_or_404(tag_id), 422, str(error))
    db.session.commit()
    return redirect_to(url_for("labels.all_tags"))


@bp.post("/tags/<tag_id>/merges")
@policy("settings.write")
def merge_tag(tag_id):
    """Everybody who has it gets the other one instead."""
    tag, into = Tag.find_or_404(tag_id), Tag.find_or_404(request.form.get("into", ""))
    try:
        removal = TagRemoval.of(tag, into)
    except ValueError as error:
        db.session.rollback()
        return one(Tag.find_or_404(tag_id), 422, str(error))
    return done(removal, f"{removal.tag['name']} is part of {into.name} now.")


@bp.post("/tags/<tag_id>/removal")
@policy("settings.write")
def delete_tag(tag_id):
    removal = TagRemoval.of(Tag.find_or_404(tag_id))
    return done(removal, f"{removal.tag['name']} deleted, and taken off {len(removal.people):,} labels.")


def done(removal: TagRemoval, words: str):
    db.session.commit()
    return toast(redirect_to(url_for("labels.all_tags")), words,
                 undo=url_for("labels.restore_tag", removal_id=removal.public_id))


@bp.post("/tags/removals/<removal_id>/restoration")
@policy("settings.write")
def restore_tag(removal_id):
    back = redirect_to(url_for("labels.all_tags"))
    try:
        tag = TagRemoval.find_or_404(removal_id).undo()
    except ValueError as error:
        db.session.rollback()
        return toast(back, str(error))
    db.session.commit()
    return toast(back, f"{tag.name} is back on everybody who had it.")
