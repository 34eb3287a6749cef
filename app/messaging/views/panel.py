"""A person's messages on their page."""
from flask import render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.spine.db import db
from app.spine.slots import fills

from ..models import Message
from ..words import TRAITS

MOST = 6


@fills("event.source", 20, of="message")
def page_of_message(event) -> str:
    return url_for("messages.show", message_id=event.data["message"])


@fills("person.panel", 40, title="Messages", column="aside")
def messages_of(person):
    """Their latest messages with state and why, or None when there are none."""
    rows = db.session.scalars(select(Message).options(joinedload(Message.template)).where(
        Message.person_id == person.id).order_by(
        Message.created_at.desc(), Message.id.desc()).limit(MOST + 1)).all()
    if not rows:
        return None
    return render_template("messages/_panel.html", messages=rows[:MOST], more=len(rows) > MOST, person=person, **TRAITS)
