"""What happened and what it means: the books of recurring revenue, attribution, and the metrics made of them.

Tables: movements, rate_locks, stale_books, touches, conversions. Says: conversion.recorded. Hears: message.sent,
.delivered, .clicked, .bounced, .complained. Fills memberships.settled, payments.settled, books.imported, rates.changed:
whoever changed is put in line and one job writes movements, touches and conversions of whole people anew.
Slots: dashboard.need (see `needs.py`), .panel (fn() -> html), .first (while nobody is known). Fills playbook.figures.
Front door: Movement, Touch, Conversion, and `metrics`, one function a number. Every number opens its rows at
/figures/<name>. `metrics.md` is the law: one definition a number, taken from here by every screen, export and answer.
"""
from . import kinds, metrics  # noqa: F401 - kinds puts the events into the catalogue
from .models import Conversion, Movement, Touch

__all__ = ["Conversion", "Movement", "Touch", "metrics"]
