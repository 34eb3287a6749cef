"""Two entries that turn out to be one person: preview, merge, undo for 30 days, and suggestions of whom to merge.

Tables: merges. Says: person.merged, person.unmerged, inside the transaction, about the one who stays; `data.merge` is the
Merge's public id. Whoever keeps copies or rows that must not double settles them then: `Merge.of(event)` gives the two
(`kept`, `gone`), `merge.remember(row, ...)` notes columns before they are changed, so that undo puts them back.
Front door: Merge, Preview, BadMerge, open_suggestions(), standing(person).
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .merge import BadMerge, merge, undo
from .models import Merge
from .preview import Preview
from .suggestions import Suggestion, dismiss, open_suggestions

__all__ = ["BadMerge", "Merge", "Preview", "Suggestion", "dismiss", "merge", "open_suggestions", "undo"]
