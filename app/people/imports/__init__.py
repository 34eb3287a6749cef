"""CSV files of people and of what they did."""
from . import activity, people  # noqa: F401 - registers both kinds
