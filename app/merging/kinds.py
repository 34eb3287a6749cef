"""The events that merging says, in words. They carry ids alone: parted again, neither keeps a name of the other."""
from app.spine.events import kind

kind("person.merged", "Merged with another entry", "system", "git-merge", "", ("other", "merge"), trigger=False)
kind("person.unmerged", "Parted from another entry again", "system", "undo-2", "", ("other", "merge"), trigger=False)
