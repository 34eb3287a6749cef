"""Screens of segments; their routes hang on `bp`."""
from flask import Blueprint

from app.spine.slots import fills, menu_entry

bp = Blueprint("segments", __name__, url_prefix="/segments")
menu_entry("Know", "Segments", "filter", "segments.index", "segments.read", order=11)
fills("add", 11, label="Segment", icon="filter", permission="segments.write")("segments.new")

from . import history, segments  # noqa: E402, F401 - their routes hang on bp
