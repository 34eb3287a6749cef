"""Reading all that a source holds: first, again, and every night to find what no webhook told."""
from .models import Discrepancy, Sync

__all__ = ["Discrepancy", "Sync"]
