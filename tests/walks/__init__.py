"""Walks: a real browser in a house of its own, one for each promise."""
