"""Screens of tasks: what to do today, and the tasks on a person's page. Their routes hang on `bp`."""
from flask import Blueprint

from app.spine.slots import menu_entry

bp = Blueprint("tasks", __name__)
menu_entry("Know", "Tasks", "list-checks", "tasks.index", "tasks.read", order=12)

from . import lists, one, panel  # noqa: E402, F401 - their routes hang on bp
