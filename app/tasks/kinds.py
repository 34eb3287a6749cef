"""The events that tasks say, in words."""
from app.spine.events import kind

kind("task.created", "Task added", "task", "list-plus", "Task: {title}", ("title", "assignee", "due"))
kind("task.done", "Task done", "task", "circle-check", "Done: {title}", ("title", "by"))
