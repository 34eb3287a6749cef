"""Everyone a creator knows: person, identities, tags, notes, custom fields, content at the source.

Tables: people, identities, merge_suggestions, tags, taggings, tag_removals, notes, custom_fields, contents,
saved_views.
Says: person.created, .updated, .tagged, .untagged, .assigned, .unassigned, lead.*, note.added, activity.*.
Front door: Person, Identity, Tag, Tagging, Note, CustomField, PERSON (questions about people), meet(ref, source) ->
Person, members(member_ids) for imports, add(form) and change(person, form) by hand, Listing, counted(people),
by_stage(people), few(...), tally(...), recount(person_ids), tag_all(ids, name) and others for many at once.
Slots: person.panel, .fact, .notice and .action on the person page, event.source (where a thing itself is seen);
tag.use says what asks for a tag.
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .counts import recount
from .dossier import copied, dossier
from .entry import BadEntry, add, change, change_fields
from .erasing import erase
from .imports.bulk import members
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
    Tag,
    Tagging,
)
from .models.counting import by_stage, counted, few, tally
from .models.fields import KINDS as FIELD_KINDS
from .models.fields import field_key, valued
from .models.notes import checked as note_body
from .models.tags import proper as tag_name
from .questions import PERSON, custom_fields
from .several import assign_all, note_all, tag_all, unnote_all, untag_all
from .views.listing import EXPORTED, Listing, tags_of

__all__ = ["COLOURS", "EXPORTED", "FIELD_KINDS", "LEAD_STATUSES", "PERSON", "STAGES", "BadEntry", "Content",
           "CustomField", "Identity", "Listing", "MergeSuggestion", "Nobody", "Note", "Person", "Tag", "Tagging",
           "add", "assign_all", "by_stage", "change", "change_fields", "copied", "counted", "custom_fields", "dossier",
           "erase", "few", "field_key", "meet", "members", "note_all", "note_body", "recount", "tag_all", "tag_name",
           "tags_of", "tally",
           "unnote_all", "untag_all", "valued"]
