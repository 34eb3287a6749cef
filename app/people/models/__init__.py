"""The tables of people, one file per noun."""
from .content import Content
from .fields import CustomField
from .identity import Identity, MergeSuggestion
from .notes import Note
from .person import LEAD_STATUSES, STAGES, Person
from .tags import COLOURS, Tag, Tagging
from .views import SavedView

__all__ = ["COLOURS", "LEAD_STATUSES", "STAGES", "Content", "CustomField", "Identity", "MergeSuggestion", "Note",
           "Person", "SavedView", "Tag", "Tagging"]
