"""Tables of the automations room."""
from .automation import Automation, AutomationVersion
from .enrollment import LIVE, Enrollment, StepRun

__all__ = ["LIVE", "Automation", "AutomationVersion", "Enrollment", "StepRun"]
