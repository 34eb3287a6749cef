"""One task: adding it on a person's page, changing it, doing it, deleting it and bringing it back."""
from flask import abort, g, request, url_for
from sqlalchemy import select

from app.accounts import User
from app.kit.pages import hx, page, redirect_to, toast
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.tasks.models import BadTask, Task, open_task

from . import bp
from .lists import shown
from .panel import tasks_of, whom


def person_here(public_id: str) -> Person:
    """Somebody who is still themselves, or 404."""
    person = Person.find_or_404(public_id)
    if person.merged_into_id or person.erased_at:
        abort(404)
    return person


def chosen() -> User | None:
    """The teammate a form names; raises BadTask for a stranger."""
    public_id = request.form.get("assignee")
    if not public_id:
        return None
    return db.session.scalar(select(User).where(User.public_id == public_id)) or _stranger()


def _stranger():
    raise BadTask("assignee", "Only somebody with a seat on your team can do it.")


def back(person: Person, status: int = 200, **more):
    """Where the form stood: the part of it for htmx, else the page."""
    if request.values.get("on") != "person":
        home = url_for("tasks.index", tab=request.values.get("tab") or None)
        return shown(status) if hx().is_partial else redirect_to(home)
    if hx().is_partial:
        return tasks_of(person, **more), status
    return redirect_to(url_for("people.show", public_id=person.public_id) + "#tasks-panel")


@bp.post("/people/<public_id>/tasks")
@policy("tasks.write")
def create(public_id):
    person, form = person_here(public_id), request.form
    try:
        open_task(person, form.get("title"), form.get("due"), chosen(), by=g.user)
    except BadTask as error:
        db.session.rollback()
        if hx().is_partial:
            return tasks_of(person, task_error=error, typed=form), 422
        return edit(None, person, form, error)
    db.session.commit()
    return back(person)


def edit(task: Task | None, person: Person, values, error: BadTask | None = None):
    return page("tasks/show.html", status=422 if error else 200, task=task, person=person, values=values, team=whom(),
                errors={error.field: str(error)} if error else {})


@bp.get("/tasks/<task_id>")
@policy("tasks.read")
def show(task_id):
    task = Task.find_or_404(task_id)
    return edit(task, task.person, {"title": task.title, "due": task.due or "",
                                    "assignee": task.assignee.public_id if task.assignee else ""})


@bp.post("/tasks/<task_id>")
@policy("tasks.write")
def update(task_id):
    task = Task.find_or_404(task_id)
    try:
        task.change(request.form.get("title"), request.form.get("due"), chosen())
    except BadTask as error:
        db.session.rollback()
        task = Task.find_or_404(task_id)
        return edit(task, task.person, request.form, error)
    db.session.commit()
    return toast(redirect_to(url_for("people.show", public_id=task.person.public_id) + "#tasks-panel"), "Task saved.")


def moved(task_id: str, verb, words: str | None = None, undo: str | None = None):
    task = Task.find_or_404(task_id)
    verb(task)
    db.session.commit()
    answer = back(task.person)
    here = {name: request.values.get(name) or None for name in ("on", "tab")}
    return toast(answer, words, url_for(undo, task_id=task_id, **here) if undo else None) if words else answer


@bp.post("/tasks/<task_id>/completion")
@policy("tasks.write")
def finish(task_id):
    return moved(task_id, lambda task: task.finish(g.user), "Done.", ".reopen")


@bp.post("/tasks/<task_id>/completion/removal")
@policy("tasks.write")
def reopen(task_id):
    return moved(task_id, Task.reopen)


@bp.post("/tasks/<task_id>/removal")
@policy("tasks.write")
def remove(task_id):
    return moved(task_id, Task.remove, "Task deleted.", ".restore")


@bp.post("/tasks/<task_id>/restoration")
@policy("tasks.write")
def restore(task_id):
    """Bring a deleted task back; what the toast's Undo asks for."""
    return moved(task_id, Task.bring_back)
