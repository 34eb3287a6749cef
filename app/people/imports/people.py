"""`people.csv`: who they are, and totals from wherever they were before."""
from app.connections import BadRow, Chunk, imports
from app.people.meeting import BY_HAND, DETAILS, meet, owners
from app.people.models import Person, Tagging
from app.people.models.indexes import settle
from app.spine.db import db

from . import bulk
from .incoming import ALIASES, COLUMNS, Incoming, read


@imports("people", needs=("member_id|user_id|email|phone",), columns=COLUMNS, aliases=ALIASES)
def people(chunk: Chunk) -> None:
    """Create or update everyone in the chunk; rows that share an id follow one another."""
    waiting = list(_readable(chunk))
    while waiting:
        wave, later, taken = [], [], set()
        for one in waiting:
            (later if taken & set(one.ids) else wave).append(one)
            taken |= set(one.ids)
        _take(chunk, wave)
        waiting = later


def _readable(chunk: Chunk):
    for row in chunk.rows:
        try:
            yield read(row)
        except BadRow as error:
            chunk.bad(row, error)


def _take(chunk: Chunk, wave: list[Incoming]) -> None:
    held = owners([pair for one in wave for pair in one.ids])
    known = [one for one in wave if any(pair in held for pair in one.ids)]
    new = [one for one in wave if not any(pair in held for pair in one.ids)]
    bulk.create(new)
    chunk.count("created", len(new))
    for one in new:
        one.changed = True
    people = _known_people(known, held)
    for one in known:
        one.changed = _update(people[id(one)], one)
    bulk.tag(wave, chunk.memory)
    settle(Person, Tagging, [one.person_id for one in new])
    bulk.remember_fields(wave, chunk.memory)
    for one in known:
        chunk.count("updated" if one.changed else "unchanged")


def _known_people(known: list[Incoming], held: dict) -> dict[int, Person]:
    """Who each row is about; rows whose ids differ, or that bring new ones, go through `meet`."""
    ids = {held[pair] for one in known for pair in one.ids if pair in held}
    rows = {person.id: person for person in db.session.scalars(db.select(Person).where(Person.id.in_(ids)))}
    found = {}
    for one in known:
        holders = {held.get(pair) for pair in one.ids}
        person = rows.get(next(iter(holders))) if len(holders) == 1 else None
        if person is None or person.merged_into_id:
            person = meet(one.ref, "import")
            one.changed = True
        one.person_id, found[id(one)] = person.id, person
    return found


def _update(person: Person, one: Incoming) -> bool:
    """Take over what the file says and we do not have yet, or have otherwise; what a human typed stays."""
    told, changed = person.told or {}, False
    for field, value in one.values.items():
        if value is None or (field in DETAILS and told.get(field) == BY_HAND) or getattr(person, field) == value:
            continue
        if field == "last_active_at" and person.last_active_at and value < person.last_active_at:
            continue
        setattr(person, field, value)
        changed = True
    custom = {key: value for key, value in one.custom.items() if (person.custom or {}).get(key) != value}
    if custom:
        person.custom = {**(person.custom or {}), **custom}
    if one.totals and any((person.counted or {}).get(name) != number for name, number in one.totals.items()):
        bulk.keep_totals(person, one.totals)
        changed = True
    return changed or bool(custom)
