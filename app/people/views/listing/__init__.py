"""The list of people as an address describes it: which people, which filters, which columns, in which order."""
from .columns import COLUMNS
from .filters import FILTERS, SINGLE
from .listing import EXPORTED, STRIDE, Listing, TagNames, tags_of

__all__ = ["COLUMNS", "EXPORTED", "FILTERS", "SINGLE", "STRIDE", "Listing", "TagNames", "tags_of"]
