"""What asks for a segment, so that it is not deleted from under it."""
from flask import url_for
from sqlalchemy import select

from app.spine.conditions import leaves
from app.spine.db import db
from app.spine.slots import filled

from .models import Segment


def uses(segment: Segment) -> list[dict]:
    """[{label, href}]: other segments, and what fills the slot `segment.use`."""
    others = [{"label": one.name, "href": url_for("segments.show", public_id=one.public_id)}
              for one in db.session.scalars(select(Segment).where(Segment.id != segment.id).order_by(Segment.key))
              if asks_for(one.condition, segment.public_id)]
    return [*others, *(use for fill, _ in filled("segment.use") for use in fill(segment))]


def asks_for(condition: dict, public_id: str) -> bool:
    return any(leaf.get("field") == "segment" and public_id in (leaf["value"] if isinstance(leaf["value"], list)
                                                                else [leaf["value"]]) for leaf in leaves(condition))
