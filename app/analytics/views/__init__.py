"""Screens of the numbers: today, revenue, and the rows behind each figure."""
