"""Segments inside conditions: PERSON learns to ask whether somebody is in one."""
from sqlalchemy import select

from app.people import PERSON
from app.spine.conditions import EVENT, Field
from app.spine.db import db

from .models import Segment


def named() -> dict:
    """Every segment by its public id, for the builder's choices."""
    return dict(db.session.execute(select(Segment.public_id, Segment.name).order_by(Segment.key)).all())


def found(public_id: str):
    """(name, condition) of a segment of the account; None when there is none."""
    segment = Segment.find(public_id)
    return (segment.name, segment.condition) if segment else None


PERSON.add(Field("segment", "Segment", "segment", Segment, choices=named))
PERSON.segment = found
EVENT.add(Field("event.data.segment", "Segment", "choice", choices=named, group="event",
                read=lambda event: event.data.get("segment")))
