"""The tables of segments, one file per noun."""
from .history import SegmentMember, SegmentMove, SegmentSize
from .segment import COLOURS, Segment

__all__ = ["COLOURS", "Segment", "SegmentMember", "SegmentMove", "SegmentSize"]
