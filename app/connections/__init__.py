"""What crosses our border: connections to vendors with their sealed credentials, and the one webhook inbox.

A webhook is verified on its raw bytes, kept as a Delivery, acknowledged, and later translated by its source's adapter
into facts that the domains absorb; what was there before, and what no webhook told, is read from the vendor's lists
(sync). Tables: connections, deliveries, syncs, discrepancies. Says and hears no events: facts are its voice.
Front door: Connection, Delivery, receive, Sync, Discrepancy; for adapters Envelope, Setting, Tried, Refused,
Unreadable, kind_of, parse; for imports of files imports, Chunk, Row, BadRow.
"""
from .envelope import Envelope, Refused, Setting, Tried, Unreadable, kind_of, parse
from .importing import BadRow, Chunk, Row, imports
from .inbox import receive
from .models import Connection, Delivery
from .sync import Discrepancy, Sync

__all__ = ["BadRow", "Chunk", "Connection", "Delivery", "Discrepancy", "Envelope", "Refused", "Row", "Setting", "Sync",
           "Tried", "Unreadable", "imports", "kind_of", "parse", "receive"]
