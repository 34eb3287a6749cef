"""What somebody on the team means to do about a person, by when, and who.

Tables: tasks. Says: task.created, task.done.
Front door: Task, open_task(person, title, ...) -> Task, BadTask. Fills person.panel and event.source.
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .models import BadTask, Task, open_task

__all__ = ["BadTask", "Task", "open_task"]
