"""Everyone a creator knows: person, identities, tags, notes, custom fields, segments, content at the source.

Tables: people, identities, merge_suggestions, tags, taggings, notes, custom_fields, segments, contents.
Says: person.created, .updated, .tagged, .untagged, .assigned, .unassigned, lead.*, note.added, activity.*.
Front door: Person, Identity, Tag, Tagging, Note, Segment, CustomField, PERSON (questions about people), Asked (the
builder of a condition), pressed(form), meet(ref, source) -> Person, members(member_ids) for imports, add(form) and
change(person, form) by hand, Listing, counted(people), few(...), tally(...), recount(person_ids).
Slots: person.panel, .fact, .notice and .action on the person page, event.source (where a thing itself is seen);
segment.use and tag.use say what asks for a segment or a tag.
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .builder import Asked, pressed
from .counts import recount
from .dossier import copied, dossier
from .entry import BadEntry, add, change, change_fields
from .erasing import erase
from .imports.bulk import members
from .listing import EXPORTED, Listing, tags_of
from .meeting import Nobody, meet
from .models import (
    COLOURS,
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
from .models.fields import KINDS as FIELD_KINDS
from .models.fields import field_key, valued
from .questions import PERSON

__all__ = [
    "COLOURS",
    "EXPORTED",
    "FIELD_KINDS",
    "LEAD_STATUSES",
    "PERSON",
    "STAGES",
    "Asked",
    "BadEntry",
    "Content",
    "CustomField",
    "Identity",
    "Listing",
    "MergeSuggestion",
    "Nobody",
    "Note",
    "Person",
    "Segment",
    "Tag",
    "Tagging",
    "add",
    "change",
    "change_fields",
    "copied",
    "counted",
    "dossier",
    "erase",
    "few",
    "field_key",
    "meet",
    "members",
    "pressed",
    "recount",
    "tags_of",
    "tally",
    "valued",
]
