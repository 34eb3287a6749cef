"""Screens of people. Everybody's routes hang on `bp`; segments have their own."""
from flask import Blueprint, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.kit.pages import redirect_to, toast
from app.people.models import Person
from app.spine.db import db
from app.spine.slots import fills, menu_entry

bp = Blueprint("people", __name__, url_prefix="/people")
menu_entry("Know", "People", "users", "people.index", "people.read", order=10)
fills("add", 10, label="Person", icon="user-plus", permission="people.write")("people.new")


@bp.before_request
def of_one_person():
    """What is asked of somebody who was merged meanwhile leads to the one they are part of, and changes nothing."""
    public_id = (request.view_args or {}).get("public_id")
    if public_id is None or (request.endpoint == "people.show" and request.method == "GET"):
        return None
    into = aliased(Person)
    now_at = db.session.scalar(select(into.public_id).join(Person, Person.merged_into_id == into.id).where(
        Person.public_id == public_id))
    return toast(redirect_to(url_for("people.show", public_id=now_at)), "Merged meanwhile. Nothing was changed; do it "
                 "here.") if now_at else None


from . import custom, details, exports, lists, notes, person, rights, saved, tags  # noqa: E402, F401 - on bp
