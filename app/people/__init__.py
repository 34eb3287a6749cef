"""Everyone a creator knows: person, identities, tags, notes, custom fields, content at the source.

Tables: people, identities, merge_suggestions, tags, taggings, notes, custom_fields, contents.
Says: person.created, person.updated, lead.created, person.tagged, person.untagged, note.added, activity.*.
Front door: Person, Identity, Tag, Tagging, Note, CustomField, PERSON (questions about people), meet(ref, source) ->
Person, members(member_ids) for imports, add(form) and change(person, form) by hand, Listing, counted(people),
by_stage(people), few(...), tally(...).
Slots: person.panel, person.fact on the person page.
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
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
    Tag,
    Tagging,
)
from .models.counting import by_stage, counted, few, tally
from .questions import PERSON, custom_fields
from .several import assign_all, note_all, tag_all, unnote_all, untag_all

__all__ = ["EXPORTED", "LEAD_STATUSES", "PERSON", "STAGES", "BadEntry", "Content", "CustomField", "Identity",
           "Listing", "MergeSuggestion", "Nobody", "Note", "Person", "Tag", "Tagging", "add", "assign_all",
           "by_stage", "change", "counted", "custom_fields", "dossier", "erase", "few", "meet", "members",
           "note_all", "tag_all", "tags_of", "tally", "unnote_all", "untag_all"]
