"""What crosses our border: connections to vendors with their sealed credentials, and the one webhook inbox.

A webhook is verified on its raw bytes, kept as a Delivery, acknowledged, and later translated by its source's adapter
into facts that the domains absorb. Tables: connections, deliveries. Says and hears no events: facts are its voice.
Front door: Connection, Delivery; for adapters Envelope, Setting, Tried, Refused, Unreadable, parse.
"""
from .envelope import Envelope, Refused, Setting, Tried, Unreadable, parse
from .models import Connection, Delivery

__all__ = ["Connection", "Delivery", "Envelope", "Refused", "Setting", "Tried", "Unreadable", "parse"]
