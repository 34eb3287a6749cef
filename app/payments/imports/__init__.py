"""CSV files of payments and exchange rates."""
from . import payments, rates  # noqa: F401 - registers both kinds
