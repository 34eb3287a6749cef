"""`activity.csv`: what people did, each thing once."""
import re
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from app.connections import BadRow, Chunk, Row, imports
from app.people.counts import COUNTED, recount
from app.people.kinds import ACTIVITIES, activity_key
from app.people.models import Person
from app.spine.db import current_account_id, db
from app.spine.events import Event
from app.spine.facts import ActivityFact, PersonRef

from .bulk import SOURCE, members, unguessable
from .columns import DEEDS


@dataclass
class Deed:
    """A row, understood: the fact and the member_id it names."""
    fact: ActivityFact
    member_id: str


@imports("activity", needs=("member_id", "kind", "at"),
         columns=("event_id", "member_id", "anon_id", "kind", "at", "value", "content_id"),
         aliases={"id": "event_id", "type": "kind", "timestamp": "at"}, label="Activity", shown=DEEDS,
         alike=lambda row: [row.cells.get("event_id") or ("", *map(row.cells.get, ("member_id", "kind", "at")))])
def activity(chunk: Chunk) -> None:
    """Keep what is new, then move last activity and counters of those it concerns."""
    deeds = list(_readable(chunk))
    people = members((deed.member_id for deed in deeds), chunk)
    keyed = {activity_key(deed.fact, people[deed.member_id]): deed for deed in deeds}
    held = set(db.session.scalars(select(Event.key).where(Event.source == SOURCE, Event.key.in_(keyed))))
    new = {key: deed for key, deed in keyed.items() if key not in held}
    if new:
        account_id = current_account_id()
        db.session.execute(insert(Event), [_event(key, deed.fact, people[deed.member_id], account_id)
                                           for key, deed in new.items()])
        if chunk.notes:
            chunk.made(Event, db.session.scalars(select(Event.id).where(Event.source == SOURCE, Event.key.in_(new))))
        _move_on(new.values(), people)
    chunk.count("created", len(new))
    chunk.count("unchanged", len(deeds) - len(new))


def _readable(chunk: Chunk):
    for row in chunk.rows:
        try:
            yield _read(row)
        except BadRow as error:
            chunk.bad(row, error)


def _read(row: Row) -> Deed:
    """The kinds we count by their names; any other word is a step of the creator's own."""
    if not row.text("member_id") and row.text("anon_id"):
        raise BadRow("anon_id alone names nobody")
    member_id, kind = row.text("member_id", needed=True), row.text("kind", needed=True).lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", kind):
        raise BadRow(f"kind: {kind!r} is neither {', '.join(ACTIVITIES)} nor a step such as checkout_started")
    value, own = row.decimal("value"), kind not in ACTIVITIES
    return Deed(ActivityFact(PersonRef(external=member_id), "custom" if own else kind, row.moment("at", needed=True),
                             row.text("event_id"), float(value) if value is not None else None,
                             row.text("content_id"), title=kind if own else None), member_id)


def _event(key: str, fact: ActivityFact, person_id: int, account_id: int) -> dict:
    data = {name: given for name in ("value", "content_id", "title") if (given := getattr(fact, name)) is not None}
    return {"kind": f"activity.{fact.kind}", "at": fact.at, "person_id": person_id, "data": data, "source": SOURCE,
            "key": key, "public_id": unguessable(Event), "depth": 0, "account_id": account_id}


def _move_on(deeds, people: dict) -> None:
    latest: dict[int, object] = {}
    for deed in deeds:
        person_id = people[deed.member_id]
        latest[person_id] = max(latest.get(person_id, deed.fact.at), deed.fact.at)
    rows = db.session.execute(select(Person.id, Person.last_active_at).where(Person.id.in_(latest)))
    held = dict(rows.tuples().all())
    for person_id, at in latest.items():
        if held[person_id] is None or at > held[person_id]:
            db.session.execute(update(Person).where(Person.id == person_id).values(last_active_at=at))
    counted = {people[deed.member_id] for deed in deeds if f"activity.{deed.fact.kind}" in COUNTED.values()}
    if counted:
        recount(counted)
