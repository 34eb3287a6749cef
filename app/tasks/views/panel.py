"""A person's tasks on their page."""
from flask import g, render_template, url_for
from sqlalchemy.orm import joinedload

from app.accounts import team
from app.spine.db import db
from app.spine.slots import fills
from app.tasks.models import Task, today

MOST, FINISHED = 50, 3


@fills("event.source", 35, of="task")
def page_of_task(event) -> str:
    return url_for("tasks.show", task_id=event.data["task"])


def whom() -> list[tuple[str, str]]:
    """The team, for a select."""
    return [(user.public_id, user.label) for user in team()]


@fills("person.panel", 5, title="Tasks", column="aside")
def tasks_of(person, **more):
    """What is to be done about them, overdue first, the last few that are done, and a line to add one."""
    mine = Task.present().options(joinedload(Task.assignee), joinedload(Task.finisher)).where(
        Task.person_id == person.id)
    found = db.session.scalars(mine.order_by(Task.done_at.is_not(None), Task.done_at.desc(), Task.due.is_(None),
                                             Task.due, Task.id).limit(MOST)).all()
    tasks, done = [task for task in found if not task.done_at], [task for task in found if task.done_at][:FINISHED]
    return render_template("tasks/_panel.html", person=person, tasks=tasks, done=done, today=today(), team=whom(),
                           me=g.user, **more)
