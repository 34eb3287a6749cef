"""What happened and what it means: the books of recurring revenue, attribution, and the metrics made of them.

Tables: movements, fx_locks, touches, conversions. Says: conversion.recorded. Hears: membership.*, payment.*, message.*.
Front door: Movement, Touch, Conversion, and one function per metric in `app.analytics.metrics`.
`metrics.md` is the law: one definition a number, taken from here by every screen, export and answer.
"""
from . import kinds, metrics  # noqa: F401 - kinds puts the events into the catalogue
from .models import Conversion, Movement, Touch

__all__ = ["Conversion", "Movement", "Touch", "metrics"]
