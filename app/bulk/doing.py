"""The acts on people that need no other domain: tags, notes, who looks after them, and forgetting them."""
from sqlalchemy import select

from app.accounts import User, team
from app.people import Person, assign_all, erase, note_all, note_body, tag_all, tag_name, unnote_all, untag_all
from app.spine.db import db
from app.spine.slots import fills

from .acts import Act


def _tag(form) -> dict:
    return {"tag": tag_name(form.get("tag"))}


def _put(ids, params):
    return dict.fromkeys(tag_all(ids, params["tag"])), {}


def _taken(ids, params):
    return dict.fromkeys(untag_all(ids, params["tag"])), {}


def _untag_again(changes, params):
    untag_all(list(changes), params["tag"])
    return {}


def _tag_again(changes, params):
    tag_all(list(changes), params["tag"])
    return {}


def _user(form) -> dict:
    asked = form.get("user") or ""
    user = next((one for one in team() if one.public_id == asked), None)
    if asked and user is None:
        raise ValueError("Nobody on the team is called that.")
    return {"user": user.public_id if user else None, "label": user.label if user else None}


def _teammates() -> dict:
    return {"": "Nobody", **{user.public_id: user.label for user in team()}}


def _assign(ids, params):
    return assign_all(ids, _user_of(params["user"])), {}


def _unassign(changes, params):
    """Everybody back to whom they had, unless somebody else took them over meanwhile."""
    mine = _user_of(params["user"])
    still = set(db.session.scalars(select(Person.id).where(Person.id.in_(list(changes)),
                                                           Person.assigned_to.is_not_distinct_from(mine and mine.id))))
    for before in {changes[one] for one in still}:
        assign_all([one for one in still if changes[one] == before], db.session.get(User, before) if before else None)
    return {one: "Somebody assigned them anew since." for one in changes if one not in still}


def _user_of(public_id: str | None) -> User | None:
    return db.session.scalar(select(User).where(User.public_id == public_id)) if public_id else None


def _note(form) -> dict:
    return {"body": note_body(form.get("body"))}


def _erase(ids, _params):
    for person in db.session.scalars(select(Person).where(Person.id.in_(ids))).all():
        erase(person)
    return dict.fromkeys(ids), {}


for _order, _act in enumerate((
    Act("add_tag", "Add tag", "tag", "people.write", _tag, lambda given: f"Add the tag “{given['tag']}” to", _put,
        _untag_again, asks="tag"),
    Act("remove_tag", "Remove tag", "x", "people.write", _tag, lambda given: f"Take the tag “{given['tag']}” off",
        _taken, _tag_again, asks="tag"),
    Act("assign", "Assign", "user", "people.write", _user,
        lambda given: f"Have {given['label']} look after" if given["user"] else "Have nobody look after",
        _assign, _unassign, asks="user", choices=_teammates),
    Act("add_note", "Add note", "sticky-note", "people.write", _note, lambda given: "Write a note about",
        lambda ids, given: (note_all(ids, given["body"], given["by"]), {}),
        lambda changes, _given: unnote_all(list(changes.values())) or {}, asks="body"),
    Act("erase", "Erase", "trash", "data.erase", lambda form: {}, lambda given: "Erase for good", _erase, grave=True,
        stride=20),
)):
    fills("bulk.act", 10 + _order)(_act)
