"""Screens of what is done to many people."""
