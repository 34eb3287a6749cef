"""One thing done to many people: chosen, counted, confirmed, carried out with progress, and taken back where it can be.

Tables: bulk_actions, bulk_changes.
Front door: BulkAction, Selection, Act (what can be done; fill the slot `bulk.act` with one), acts().
Slots: bulk.act.
"""
from . import doing  # noqa: F401 - fills the slot with what people can have done to them
from .acts import Act, acts
from .jobs import carry, take_back
from .models import BulkAction, BulkChange
from .selection import Selection

__all__ = ["Act", "BulkAction", "BulkChange", "Selection", "acts", "carry", "take_back"]
