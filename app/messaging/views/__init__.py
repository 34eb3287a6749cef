"""The doors of messaging."""
