"""Screens of people. Everybody's routes hang on `bp`; segments have their own."""
from flask import Blueprint

from app.spine.slots import fills, menu_entry

bp = Blueprint("people", __name__, url_prefix="/people")
menu_entry("Know", "People", "users", "people.index", "people.read", order=10)
fills("add", 10, label="Person", icon="user-plus", permission="people.write")("people.new")

from . import custom, details, fields, lists, notes, person, rights, tag_pages, tags  # noqa: E402, F401 - their routes hang on bp
