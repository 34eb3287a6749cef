"""A dry run that counts exactly what would happen and holds the database no longer than a chunk takes.

Each chunk is taken in and taken back. Rows of the whole file that concern the same thing (one person on two lines, the
attempts of one payment) are tried together, so that the second finds what the first would have left.
"""
import time
from collections import defaultdict

from app.connections.importing import CHUNK, KINDS, take
from app.kit import csv, tables
from app.spine.db import db
from app.spine.failpoints import point, reach
from app.spine.jobs import give_way
from app.spine.prepared import plan_anew

from ..models import CHECKED, CHECKING, MAPPING, Import
from .mapping import Mapping
from .pieces import laid_out, put_aside
from .taking import SHOWN, counted, lines, reasons, understood

TRIED = point("import.checked", "a chunk is tried and taken back, and what came of it is not yet committed")
SLICE = 120                                # seconds, the first pass over the file included
SLOTS = 1 << 22                            # of the filter that finds keys which come more than once


class Alike:
    """Which rows of a file hang together: those that share a key, directly or through others."""

    def __init__(self, kind):
        self.kind, self.once, self.twice = kind, bytearray(SLOTS), bytearray(SLOTS)
        self.owner: dict = {}
        self.groups: dict = defaultdict(list)

    def see(self, row) -> None:
        """First pass: count its keys."""
        for key in set(self.kind.alike(row)):
            slot = hash(key) % SLOTS
            if self.once[slot]:
                self.twice[slot] = 1
            self.once[slot] = 1

    def shared(self, row) -> bool:
        return any(self.twice[hash(key) % SLOTS] for key in self.kind.alike(row))

    def put(self, entry, row) -> None:
        """Second pass: into the group of whoever has one of its keys; groups that meet become one."""
        keys = set(self.kind.alike(row))
        found = sorted({self.owner[key] for key in keys if key in self.owner})
        home = found[0] if found else entry[0]
        for other in found[1:]:
            self.groups[home] += self.groups.pop(other)
            self.owner |= {key: home for key, owner in self.owner.items() if owner == other}
        self.owner |= dict.fromkeys(keys, home)
        self.groups[home].append(entry)

    def chunks(self):
        """Whole groups together, some hundred rows at a time, in the order of the file."""
        chunk = []
        for home in sorted(self.groups):
            chunk += sorted(self.groups[home], key=lambda entry: entry[0])
            if len(chunk) >= CHUNK:
                yield chunk
                chunk = []
        yield chunk


def check(one: Import, seconds: float = SLICE) -> bool:
    """Try the file, for so long; the counts and reasons are kept on it. True while there is more. Commits."""
    end = time.monotonic() + seconds
    try:
        path, mapping = laid_out(one), Mapping(one)
        alike, total = surveyed(one, path, mapping)
        keep(one, rows=total)
        for number, chunk in enumerate(chunks(one, path, mapping, alike), 1):
            if number <= one.at or not chunk:
                continue
            if not tried(one, mapping, chunk, number):
                return False
            give_way()
            if time.monotonic() > end:
                return True
    except csv.BadFile as refused:
        db.session.rollback()
        keep(one, MAPPING, error=str(refused))
        return False
    keep(one, CHECKED, checked=dict(one.counts))
    return False


def surveyed(one: Import, path, mapping: Mapping) -> tuple[Alike, int]:
    """The first pass over the file: how many rows, and which keys come again."""
    alike, total, kind = Alike(KINDS[one.kind]), 0, KINDS[one.kind]
    for entry in tables.records(path, one.shape):
        total += 1
        for row in understood(mapping, [entry])[0] if kind.alike else ():
            alike.see(row)
    return alike, total


def chunks(one: Import, path, mapping: Mapping, alike: Alike):
    """Rows that stand alone as they come, then those that hang together."""
    chunk = []
    for entry in tables.records(path, one.shape):
        rows = understood(mapping, [entry])[0]
        if rows and alike.shared(rows[0]):
            alike.put(entry, rows[0])
            continue
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk
    yield from alike.chunks()


def tried(one: Import, mapping: Mapping, chunk: list, number: int) -> bool:
    """Take a chunk in and back, then add up; False when somebody stopped the dry run."""
    plan_anew()
    read, refused = understood(mapping, chunk)
    took = take(KINDS[one.kind], read, {}, apart=True)
    db.session.rollback()
    refused |= {error["row"]: error["reason"] for error in took.errors}
    if one.state != CHECKING:
        return False
    told = counted(one.counts, took, len(refused))
    if refused:
        put_aside(one, lines(one, chunk, refused, head=not one.counts.get("skipped")))
    keep(one, counts=told, at=number,
         reasons=sorted(one.reasons + reasons(refused), key=lambda told: told["row"])[:SHOWN])
    return True


def keep(one: Import, state: str | None = None, **values) -> None:
    """Write something on the import while it is being checked. Commits."""
    if one.state == CHECKING:
        for name, value in values.items():
            setattr(one, name, value)
        if state:
            one.state = state
    reach(TRIED)
    db.session.commit()


