"""Screens of tasks: what to do today, and the tasks on a person's page. Their routes hang on `bp`."""
from flask import Blueprint, g
from sqlalchemy import func

from app.spine.db import db
from app.spine.memory import remembered
from app.spine.slots import menu_entry
from app.tasks.models import Task

bp = Blueprint("tasks", __name__)


def mine_open():
    """How many tasks wait for whoever is signed in; the menu shows it."""
    if getattr(g, "user", None) is None:
        return None
    if "tasks_open" not in g:            # every part of a page draws the menu's numbers anew
        g.tasks_open, _ = remembered("tasks", g.user.id, _count)
    return g.tasks_open


def _count():
    return db.session.scalar(Task.present().where(Task.assignee_id == g.user.id, Task.done_at.is_(None))
                             .with_only_columns(func.count())) or None


menu_entry("Know", "Tasks", "list-checks", "tasks.index", "tasks.read", order=12, count=mine_open)

from . import lists, one, panel  # noqa: E402, F401 - their routes hang on bp
