"""When this, if that, then these steps. Screens call them playbooks.

Tables: automations, automation_versions, enrollments, step_runs.
Says: playbook.entered, playbook.left, tenure.reached, inactivity.reached. Hears: every event that is a trigger, an exit
or a goal of some automation. Database-only: a step that sends writes a message row and moves on.
Front door: Automation, Enrollment, STEPS (registry of step kinds), KINDS, BadPlan, install(account),
why(automation, person) -> sentences, rehearse(automation) -> Rehearsal. Slot: playbook.figures. Fills segment.use.
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .models import Automation, AutomationVersion, Enrollment, StepRun
from .models.automation import KINDS
from .plan import BadPlan
from .presets import PRESETS, install
from .rehearsal import rehearse
from .steps import STEPS
from .why import why

__all__ = ["KINDS", "PRESETS", "STEPS", "Automation", "AutomationVersion", "BadPlan", "Enrollment", "StepRun",
           "install", "rehearse", "why"]
