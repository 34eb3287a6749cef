"""`people.csv`: who they are, and totals from wherever they were before."""
from datetime import datetime, timedelta

from app.connections import BadRow, Chunk, imports
from app.people.meeting import BY_HAND, DETAILS, meet, owners
from app.people.models import Person, Tagging
from app.people.models.indexes import settle
from app.spine.db import db

from . import bulk
from .columns import SHOWN
from .incoming import ALIASES, COLUMNS, OURS, Incoming, keys, read
from .undoing import watch_people


@imports("people", needs=("member_id|user_id|email|phone",), columns=COLUMNS, aliases=ALIASES, label="People",
         shown=SHOWN, alike=keys)
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
    held = _owners([pair for one in wave for pair in one.ids])
    known = [one for one in wave if any(pair in held for pair in one.ids)]
    new = [one for one in wave if not any(pair in held for pair in one.ids)]
    watch_people(chunk, {held[pair] for one in known for pair in one.ids if pair in held})
    bulk.create(_to_be_met(chunk, new))
    new = [one for one in new if one.person_id]
    chunk.count("created", len(new))
    chunk.made(Person, [one.person_id for one in new])
    for one in new:
        one.changed = True
    people = _known_people(known, held)
    for one in known:
        one.changed = _update(people[id(one)], one)
    chunk.expect(Tagging, "person_id", [one.person_id for one in (*new, *known)])
    bulk.tag([*new, *known], chunk)
    settle(Person, Tagging, [one.person_id for one in new])
    bulk.remember_fields(wave, chunk)
    for one in known:
        chunk.count("updated" if one.changed else "unchanged")
    bulk.arrive(chunk, [one.person_id for one in (*new, *known)])


def _owners(ids: list) -> dict:
    """Whose ids these are, those of our own exports included."""
    ours = [value for kind, value in ids if kind == OURS]
    found = db.session.execute(db.select(Person.public_id, Person.id).where(Person.public_id.in_(ours))).all() if (
        ours) else ()
    return {**owners([pair for pair in ids if pair[0] != OURS]), **{(OURS, name): row_id for name, row_id in found}}


def _to_be_met(chunk: Chunk, new: list[Incoming]) -> list[Incoming]:
    """Those of them who can be made: an id of ours alone names nobody here."""
    for one in new:
        one.ids = [pair for pair in one.ids if pair[0] != OURS]
        if one.plan:
            one.values.setdefault("plan_id", one.plan)
        if not one.ids:
            chunk.bad(one.row, "nobody here has this id, and no email, phone or other id says who this is")
    return [one for one in new if one.ids]


def _known_people(known: list[Incoming], held: dict) -> dict[int, Person]:
    """Who each row is about; rows whose ids differ, or that bring new ones, go through `meet`."""
    ids = {held[pair] for one in known for pair in one.ids if pair in held}
    rows = {person.id: person for person in db.session.scalars(db.select(Person).where(Person.id.in_(ids)))}
    found = {}
    for one in known:
        ours = next((held[pair] for pair in one.ids if pair[0] == OURS and pair in held), None)
        holders = {ours} if ours else {held.get(pair) for pair in one.ids}
        person = rows.get(next(iter(holders))) if len(holders) == 1 else None
        while ours and person.merged_into_id:
            person = db.session.get(Person, person.merged_into_id)
        if person is None or person.merged_into_id:
            person = meet(one.ref, "import")
            one.changed = True
        one.person_id, found[id(one)] = person.id, person
    return found


def _update(person: Person, one: Incoming) -> bool:
    """Take over what the file says and we do not have yet, or have otherwise; what a human typed stays."""
    told, changed = person.told or {}, False
    staying = {"stage"} if one.values.get("membership_status") == person.membership_status else set()
    for field, value in one.values.items():
        if value is None or (field in DETAILS and told.get(field) == BY_HAND) or same(getattr(person, field), value):
            continue
        if field in staying or (field == "last_active_at" and person.last_active_at and value < person.last_active_at):
            continue
        setattr(person, field, value)
        changed = True
    if one.plan and one.plan not in (person.plan_name, person.plan_id):
        person.plan_id, person.plan_name, changed = one.plan, None, True
    custom = {key: value for key, value in one.custom.items() if (person.custom or {}).get(key) != value}
    if custom:
        person.custom = {**(person.custom or {}), **custom}
    if one.totals and any((person.counted or {}).get(name) != number for name, number in one.totals.items()):
        bulk.keep_totals(person, one.totals)
        changed = True
    return changed or one.changed or bool(custom)


def same(held, value) -> bool:
    """Files tell moments to the millisecond."""
    if isinstance(held, datetime) and isinstance(value, datetime):
        return abs(held - value) < timedelta(milliseconds=1)
    return held == value
