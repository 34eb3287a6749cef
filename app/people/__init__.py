"""Everyone a creator knows: person, identities, tags, notes, custom fields, segments, content at the source.

Tables: people, identities, merge_suggestions, tags, taggings, notes, custom_fields, segments, contents.
Says: person.created, person.updated, lead.created, person.tagged, person.untagged, note.added, activity.*.
Front door: Person, Identity, Tag, Tagging, Note, Segment, CustomField, PERSON (questions about people), Asked (the
builder of a condition), pressed(form), meet(ref, source) -> Person, members(member_ids) for imports, add(form) and
change(person, form) by hand, Listing, counted(people), few(...), tally(...).
Slots: person.panel, person.fact on the person page; segment.use says what asks for a segment.
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .builder import Asked, pressed
from .dossier import dossier
from .entry import BadEntry, add, change
from .erasing import erase
from .imports.bulk import members
from .listing import EXPORTED, Listing, tags_of
from .meeting import Nobody, meet
from .models import (
    LEAD_STATUSES,
    STAGES,
    Content,
    CustomField,
    Identity,
    MergeSuggestion,
    Note,
    Person,
    Segment,
    Tag,
    Tagging,
)
from .models.counting import counted, few, tally
from .questions import PERSON

__all__ = ["EXPORTED", "LEAD_STATUSES", "PERSON", "STAGES", "Asked", "BadEntry", "Content", "CustomField", "Identity",
           "Listing", "MergeSuggestion", "Nobody", "Note", "Person", "Segment", "Tag", "Tagging", "add", "change",
           "counted", "dossier", "erase", "few", "meet", "members", "pressed", "tags_of", "tally"]
