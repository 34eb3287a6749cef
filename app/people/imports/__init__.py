"""CSV files of people and of what they did."""
from . import activity, people, undoing  # noqa: F401 - registers both kinds, and how they are taken back
