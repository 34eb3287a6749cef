"""Tasks: list, read, add, change, finish, delete."""
from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts import User
from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.spine.db import db
from app.tasks import BadTask, Task, open_task

from .people import here
from .records import bp


def one(row_id: str) -> Task:
    task = found_or_problem(Task, row_id)
    return task if task.removed_at is None else problem(404, "There is nothing with this id.")


def mate(public_id: str | None) -> User | None:
    """The teammate of this id; 422 for a stranger."""
    user = db.session.scalar(select(User).where(User.public_id == public_id)) if public_id else None
    if public_id and user is None:
        problem(422, "There is no teammate with this id.", "assignee")
    return user


@answers(bp, "/tasks", "GET", "tasks.read", shapes.Listed, query=shapes.TaskQuery, tags=["tasks"])
def tasks_index():
    """Tasks of people who are still themselves; `state`, `person` and `assignee` narrow."""
    found, state = Task.present().options(contains_eager(Task.person), joinedload(Task.assignee),
                                          joinedload(Task.finisher)), request.args.get("state")
    if state:
        found = found.where(Task.done_at.is_not(None) if state == "done" else Task.done_at.is_(None))
    if request.args.get("person"):
        found = found.where(Task.person_id == here(request.args["person"]).id)
    if request.args.get("assignee"):
        found = found.where(Task.assignee_id == mate(request.args["assignee"]).id)
    return listed(found, lambda rows: [dress.task(row) for row in rows],
                  {"due": Task.due, "created_at": Task.created_at, "done_at": Task.done_at}, "due", Task)


@answers(bp, "/tasks", "POST", "tasks.write", shapes.Row, 201, json=shapes.NewTask, tags=["tasks"])
def make_task():
    sent = request.get_json(silent=True) or {}
    try:
        task = open_task(here(sent["person"]), sent["title"], sent.get("due"), mate(sent.get("assignee")), by=g.user,
                         origin="api")
    except BadTask as error:
        problem(422, str(error), error.field)
    db.session.commit()
    return dress.task(task), 201


@answers(bp, "/tasks/<row_id>", "GET", "tasks.read", shapes.Row, tags=["tasks"])
def tasks_show(row_id):
    return dress.task(one(row_id))


@answers(bp, "/tasks/<row_id>", "PATCH", "tasks.write", shapes.Row, json=shapes.TaskChange, tags=["tasks"])
def change_task(row_id):
    """Change what is sent; `done` finishes it or opens it again."""
    task, sent = one(row_id), request.get_json(silent=True) or {}
    try:
        task.change(sent.get("title") or task.title, sent.get("due", task.due),
                    mate(sent["assignee"]) if "assignee" in sent else task.assignee)
    except BadTask as error:
        problem(422, str(error), error.field)
    if sent.get("done") is not None:
        task.finish(g.user) if sent["done"] else task.reopen()
    db.session.commit()
    return dress.task(task)


@answers(bp, "/tasks/<row_id>", "DELETE", "tasks.write", status=204, tags=["tasks"])
def remove_task(row_id):
    one(row_id).remove()
    db.session.commit()
    return "", 204
