"""The page of tasks: mine, everybody's, done."""
from flask import abort, g, request, url_for
from sqlalchemy import func
from sqlalchemy.orm import contains_eager, joinedload

from app.kit.pages import page
from app.kit.paging import BadCursor, keyset
from app.spine.db import db
from app.spine.policy import policy
from app.tasks.models import Task, today

from . import bp

TABS = {"": "Mine", "all": "Everybody's", "done": "Done"}


@bp.get("/tasks")
@policy("tasks.read")
def index():
    return shown()


def mine_open() -> int:
    """How many tasks wait for whoever is signed in."""
    return db.session.scalar(Task.present().where(Task.assignee_id == g.user.id, Task.done_at.is_(None))
                             .with_only_columns(func.count()))


def shown(status: int = 200):
    """The page, or its list for htmx."""
    tab = request.values.get("tab", "")
    tab = tab if tab in TABS else ""
    found = Task.present().options(contains_eager(Task.person), joinedload(Task.assignee), joinedload(Task.finisher))
    found = found.where(Task.done_at.is_not(None) if tab == "done" else Task.done_at.is_(None))
    if tab == "":
        found = found.where(Task.assignee_id == g.user.id)
    try:
        rows = keyset(db.session, found, Task.done_at if tab == "done" else Task.due, Task.id,
                      descending=tab == "done", cursor=request.args.get("cursor"))
    except BadCursor as error:
        abort(400, str(error))
    tabs = [{"label": label, "current": tab == name, "href": url_for("tasks.index", tab=name or None),
             "count": mine_open() if name == "" else None} for name, label in TABS.items()]
    return page("tasks/index.html", part="tasks/_list.html", status=status, tab=tab, tabs=tabs, found=rows,
                today=today())
