"""The kinds of steps. Each is one class: its words, its check, and what it does for one enrollment.

A step writes rows and returns; whatever leaves the process is a row that somebody else carries out.
"""
from . import person, send, wait  # noqa: F401 - they register themselves
from .base import STEPS, Done, Step, Wait

__all__ = ["STEPS", "Done", "Step", "Wait"]
