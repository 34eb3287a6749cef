"""The events that merging says, in words."""
from app.spine.events import kind

kind("person.merged", "Merged with another entry", "system", "git-merge", "Merged with another entry: {other}",
     ("other", "merge"), trigger=False)
kind("person.unmerged", "Merge undone", "system", "undo-2", "The merge with {other} was undone", ("other", "merge"),
     trigger=False)
