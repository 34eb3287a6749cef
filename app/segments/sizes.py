"""How many are in each of several segments, counted in one pass over everybody."""
from app.people import tally
from app.spine.conditions import BadCondition

from .models import Segment


def sizes_of(segments) -> list[tuple[Segment, int | None, str | None]]:
    """(segment, how many, None) of each, in their order; (segment, None, why) where it cannot be asked."""
    asked, refused = {}, {}
    for segment in segments:
        try:
            asked[segment] = segment.criterion
        except BadCondition as error:
            refused[segment] = str(error)
    counts = dict(zip(asked, tally(list(asked.values())), strict=True))
    return [(segment, counts.get(segment), refused.get(segment)) for segment in segments]
