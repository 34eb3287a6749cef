"""What crosses our border: connections to vendors with their sealed credentials, and the one webhook inbox.

A webhook is verified on its raw bytes, kept as a Delivery, acknowledged, and later translated by its source's adapter
into facts that the domains absorb; what was there before, and what no webhook told, is read from the vendor's lists
(sync). Files come in and go out here too. Tables: connections, deliveries, syncs, discrepancies, imports,
import_pieces, imported_rows, exports. Says no events, hears person.erased.
Front door: Connection, Delivery, receive, Sync, Discrepancy; for adapters Envelope, Setting, Tried, Refused,
Unreadable, kind_of, parse, foreign; for imports of files imports, Chunk, Row, BadRow, Column, reverses, made_by,
unsettled; Import, its steps in wizard; Export, exports.order and .sent.
Slots: people.imported (fn(chunk, person_ids)), export (see files/exports.py).
"""
from .envelope import Envelope, Refused, Setting, Tried, Unreadable, kind_of, parse
from .files import exports
from .files.imports import wizard
from .files.imports.columns import Column, foreign
from .files.imports.undoing import made_by, reverses, unsettled
from .files.models import Export, Import, ImportedRow
from .importing import BadRow, Chunk, Row, imports
from .inbox import receive
from .models import Connection, Delivery
from .sync import Discrepancy, Sync

__all__ = ["BadRow", "Chunk", "Column", "Connection", "Delivery", "Discrepancy", "Envelope", "Export", "Import",
           "ImportedRow", "Refused", "Row", "Setting", "Sync", "Tried", "Unreadable", "exports", "foreign", "imports",
           "kind_of", "made_by", "parse", "receive", "reverses", "unsettled", "wizard"]
