"""When this, if that, then these steps. Screens call them playbooks.

Tables: automations, automation_versions, enrollments, step_runs.
Says: playbook.entered, playbook.left, tenure.reached, inactivity.reached. Hears: every event that is a trigger, an exit
or a goal of some automation. Database-only: a step that sends writes a message row and moves on.
Front door: Automation, Enrollment, STEPS (registry of step kinds), install(account), why(person, automation).
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .models import Automation, AutomationVersion, Enrollment, StepRun
from .presets import PRESETS, install
from .steps import STEPS

__all__ = ["PRESETS", "STEPS", "Automation", "AutomationVersion", "Enrollment", "StepRun", "install"]
