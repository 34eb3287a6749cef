"""Two entries that turn out to be one person: preview, merge, undo for 30 days, and suggestions of whom to merge.

Tables: merges. Says: person.merged, person.unmerged, about the one who stays. Whoever keeps copies, or rows that must
not double, settles them when they hear it: `Merge.of(event)` gives the two (`kept`, `gone`), `merge.remember(row, ...)`
notes columns before they are changed, so that undo puts them back.
Front door: Merge, Preview, BadMerge, merge(), undo(), open_suggestions(), dismiss(). Slot: person.rewritten (fn(id)).
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .merge import BadMerge, merge, undo
from .models import Merge
from .preview import Preview
from .suggestions import Suggestion, dismiss, open_suggestions

__all__ = ["BadMerge", "Merge", "Preview", "Suggestion", "dismiss", "merge", "open_suggestions", "undo"]
