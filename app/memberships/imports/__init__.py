"""CSV files of memberships."""
from . import memberships, undoing  # noqa: F401 - registers the kind, and how it is taken back
