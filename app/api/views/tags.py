"""Tags and custom fields: what an account may say of people."""
from flask import request
from sqlalchemy import select

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.labels import TagRemoval, alter_field, make_field, remove_field, worn
from app.people import CustomField, Tag
from app.spine.db import db

from .records import bp


def saved(verb, field: str = "name"):
    """Do it and commit; what it refuses is 422."""
    try:
        made = verb()
    except ValueError as error:
        db.session.rollback()
        problem(422, str(error), field)
    db.session.commit()
    return made


@answers(bp, "/tags", "GET", "people.read", shapes.Listed, query=shapes.ListQuery, tags=["tags"])
def tags_index():
    """Every tag with how many people have it."""
    counts = worn()
    return listed(select(Tag), lambda rows: [dress.tag(row, counts.get(row.id, 0)) for row in rows],
                  {"name": Tag.key, "created_at": Tag.created_at}, "name", Tag)


@answers(bp, "/tags", "POST", "people.write", shapes.Row, 201, json=shapes.NewTag, tags=["tags"])
def make_tag():
    """The tag of this name, made when there is none."""
    sent = request.get_json(silent=True) or {}

    def make():
        tag = Tag.named(sent["name"])
        if sent.get("colour"):
            tag.recolour(sent["colour"])
        return tag
    return dress.tag(saved(make)), 201


@answers(bp, "/tags/<row_id>", "PATCH", "settings.write", shapes.Row, json=shapes.TagChange, tags=["tags"])
def change_tag(row_id):
    """Another name or colour; the old name goes on meaning this tag."""
    tag, sent = found_or_problem(Tag, row_id), request.get_json(silent=True) or {}
    if sent.get("name"):
        saved(lambda: tag.rename(sent["name"]))
    if sent.get("colour"):
        saved(lambda: tag.recolour(sent["colour"]), "colour")
    return dress.tag(tag)


@answers(bp, "/tags/<row_id>", "DELETE", "settings.write", status=204, tags=["tags"])
def delete_tag(row_id):
    """Take it off everybody; kept for 30 days, to be brought back on the tags page."""
    tag = found_or_problem(Tag, row_id)
    saved(lambda: TagRemoval.of(tag))
    return "", 204


@answers(bp, "/tags/<row_id>/merges", "POST", "settings.write", shapes.Row, 201, json=shapes.TagMerge, tags=["tags"])
def merge_tag(row_id):
    """Everybody who has it gets `into` instead."""
    tag, into = found_or_problem(Tag, row_id), found_or_problem(Tag, (request.get_json(silent=True) or {})["into"])
    saved(lambda: TagRemoval.of(tag, into), "into")
    return dress.tag(into), 201


def field_of(key: str) -> CustomField:
    return CustomField.find(key) or problem(404, "There is nothing with this id.")


@answers(bp, "/custom-fields", "GET", "people.read", shapes.Listed, tags=["custom-fields"])
def fields_index():
    """The account's own fields, in their order."""
    return {"data": [dress.custom_field(field) for field in CustomField.all()], "next_cursor": None}


@answers(bp, "/custom-fields", "POST", "settings.write", shapes.Row, 201, json=shapes.NewField, tags=["custom-fields"])
def new_field():
    sent = request.get_json(silent=True) or {}
    field = saved(lambda: make_field(sent["label"], sent.get("kind", "text"), sent.get("choices", ())), "label")
    return dress.custom_field(field), 201


@answers(bp, "/custom-fields/<key>", "PATCH", "settings.write", shapes.Row, json=shapes.FieldChange,
         tags=["custom-fields"])
def change_field(key):
    """Another label, kind or choices, as long as the values that are there fit."""
    field, sent = field_of(key), request.get_json(silent=True) or {}
    choices = sent["choices"] if sent.get("choices") is not None else field.choices or ()
    label, kind = sent.get("label") or field.label, sent.get("kind") or field.kind
    saved(lambda: alter_field(field, label, kind, choices), "label")
    return dress.custom_field(field)


@answers(bp, "/custom-fields/<key>", "DELETE", "settings.write", status=204, tags=["custom-fields"])
def delete_field(key):
    """The field at once, the values people have in it soon after."""
    remove_field(field_of(key))
    db.session.commit()
    return "", 204
