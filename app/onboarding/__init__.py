"""The first quarter of an hour: three questions, people brought in, the first insight, a checklist that ticks itself.

No tables; the answers stand in account.settings["first_run"].
Front door: FirstRun (answers and when what was first done), insights() -> what the numbers say already.
Slots: fills dashboard.first (the way here while nobody is known) and dashboard.panel (the checklist until it is done).
"""
from .insights import insights
from .settings import FirstRun

__all__ = ["FirstRun", "insights"]
