"""Connections and the deliveries that came through them."""
from .connection import Connection
from .delivery import STATES, Delivery

__all__ = ["STATES", "Connection", "Delivery"]
