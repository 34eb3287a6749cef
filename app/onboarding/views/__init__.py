"""Screens of the beginning."""
