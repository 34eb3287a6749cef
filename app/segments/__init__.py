"""Saved questions about people: the builder every condition is made with, and who comes into a segment and leaves it.

Tables: segments, segment_members, segment_moves, segment_sizes.
Says: segment.entered, segment.left (of watched segments).
Front door: Segment, Asked (a condition as a form, both ways), pressed(form), watch(segment), MOVES (the two events),
named() -> public id: name. Teaches PERSON the field `segment`.
Slots: segment.use says what asks for a segment; fills tag.use.
"""
from . import kinds, tag_uses  # noqa: F401 - events for the catalogue, and what asks for a tag
from .asking import named
from .builder import Asked, pressed
from .kinds import MOVES
from .models import COLOURS, Segment, SegmentMember, SegmentMove, SegmentSize
from .plain import read
from .starts import starts
from .uses import uses
from .watching import ask_anew, forget, watch

__all__ = ["COLOURS", "MOVES", "Asked", "Segment", "SegmentMember", "SegmentMove", "SegmentSize", "ask_anew", "forget",
           "named", "pressed", "read", "starts", "uses", "watch"]
