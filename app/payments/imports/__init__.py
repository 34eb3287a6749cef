"""CSV files of payments and of exchange rates."""
from . import payments, rates, undoing  # noqa: F401 - registers both kinds, and how payments are taken back
