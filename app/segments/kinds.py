"""The events that segments say, in words."""
from app.spine.events import kind

MOVES = ENTERED, LEFT = "segment.entered", "segment.left"
kind(ENTERED, "Entered a segment", "lead", "log-in", "Entered the segment {segment_name}",
     ("segment", "segment_name"))
kind(LEFT, "Left a segment", "lead", "log-out", "Left the segment {segment_name}",
     ("segment", "segment_name"))
