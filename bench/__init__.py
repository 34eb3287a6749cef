"""Measurements of the product; see README.md. No part of what is installed."""
