"""Which segments ask for a tag, said on the page where it may be deleted."""
from flask import url_for
from sqlalchemy import select

from app.people import Tag
from app.spine.conditions import BadCondition, fold, leaves
from app.spine.db import db
from app.spine.slots import fills

from .models import Segment


def names(tree: dict, tag: Tag) -> bool:
    """Whether a condition asks for the tag, by any of its names."""
    try:
        asked = [leaf.get("value") for leaf in leaves(tree or {}) if leaf.get("field") == "tags"]
    except BadCondition:
        return False
    return any(fold(one) in tag.keys for value in asked for one in (value if isinstance(value, list) else [value]))


@fills("tag.use", 10)
def segments_asking(tag: Tag) -> list[dict]:
    return [{"label": one.name, "href": url_for("segments.show", public_id=one.public_id)}
            for one in db.session.scalars(select(Segment).order_by(Segment.key)) if names(one.condition, tag)]
