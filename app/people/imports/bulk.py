"""Writing many people at once: the same rows `meet` and `tag` would write, a statement for all of them.

History that is brought along starts no playbook, so its events are kept without telling anybody.
"""
import secrets

from sqlalchemy import insert, select

from app.kit.clock import now
from app.people.counts import recount
from app.people.meeting import ids_of
from app.people.models import CustomField, Identity, Person, Tag, Tagging
from app.people.models.indexes import settle
from app.people.models.person import written_forms
from app.spine.conditions import fold
from app.spine.db import current_account_id, db, is_postgres
from app.spine.events import Event
from app.spine.facts import PersonRef
from app.spine.slots import filled

SOURCE = "import"
FORMED = ("custom", "name", "email", "username", "phone", "engagement_score")


def create(incoming: list) -> None:
    """Insert people with their identities and the event of their coming; sets `person_id`."""
    if not incoming:
        return
    stamp = now()
    rows = [_row(one, stamp) for one in incoming]
    names = set().union(*rows)
    db.session.execute(insert(Person), [{**dict.fromkeys(names), **row} for row in rows],
                       execution_options={"render_nulls": True})
    made = db.session.execute(select(Person.public_id, Person.id).where(
        Person.public_id.in_([row["public_id"] for row in rows])))
    ids = dict(made.tuples().all())
    for one, row in zip(incoming, rows, strict=True):
        one.person_id = ids[row["public_id"]]
    _rows(Identity, [{"person_id": one.person_id, "kind": kind, "value": value, "source": SOURCE}
                     for one in incoming for kind, value in one.ids])
    _rows(Event, [_arrival(one, stamp) for one in incoming])


def _arrival(one, stamp) -> dict:
    return {"kind": "person.created", "person_id": one.person_id, "at": one.values.get("joined_at") or stamp,
            "public_id": unguessable(Event), "key": f"person.created:{one.person_id}", "source": SOURCE,
            "data": {"origin": SOURCE}, "depth": 0}


def arrive(chunk, person_ids: list) -> None:
    """Tell whoever keeps something of people that came by a file: what they agreed to."""
    if chunk.notes and person_ids:
        for keep, _traits in filled("people.imported"):
            keep(chunk, person_ids)


def unguessable(model) -> str:
    """A public id as cheap as they come: 80 random bits."""
    return f"{model.PREFIX}_{secrets.token_hex(10)}"


def _row(one, stamp) -> dict:
    counted = {"at": stamp.timestamp(), **one.totals} if one.totals else {}
    row = {"stage": "lead", "total_spent": 0, "payments_count": 0, "forum_posts": 0, "forum_comments": 0,
           "lessons_completed": 0, "staff": False, "told": {}, "tagged": "," if is_postgres() else "",
           "chat_messages": 0, "created_at": stamp, "updated_at": stamp,
           **one.values, **one.totals, "custom": one.custom, "counted": counted}
    return {**row, **written_forms({name: row.get(name) for name in FORMED}), "account_id": current_account_id(),
            "public_id": unguessable(Person)}


def _rows(model, rows: list[dict]) -> None:
    if rows:
        account_id = current_account_id()
        db.session.execute(insert(model), [{**row, "account_id": account_id} for row in rows])


def keep_totals(person: Person, totals: dict) -> None:
    """Take totals a source gives as of now, and count on from there."""
    person.counted = {**(person.counted or {}), **totals, "at": now().timestamp()}
    recount([person.id])


def tag(incoming: list, chunk) -> None:
    """Put the tags of all rows on their people; a row that brings a new one counts as changed."""
    wanted = {(one.person_id, fold(name)): one for one in incoming for name in one.tags}
    if not wanted:
        return
    tags = chunk.memory.setdefault("tags", {})
    unmet = {fold(name): name for one in incoming for name in one.tags if fold(name) not in tags}
    held = set(db.session.scalars(select(Tag.key).where(Tag.key.in_(unmet)))) if unmet else set()
    tags |= {key: Tag.named(name).id for key, name in unmet.items()}
    chunk.made(Tag, [tags[key] for key in unmet.keys() - held])
    held = set(db.session.execute(select(Tagging.person_id, Tagging.tag_id).where(
        Tagging.person_id.in_({person_id for person_id, _ in wanted}))).tuples())
    missing = {(person_id, tags[key]): one for (person_id, key), one in wanted.items()
               if (person_id, tags[key]) not in held}
    for one in missing.values():
        one.changed = True
    _rows(Tagging, [{"person_id": person_id, "tag_id": tag_id, "source": SOURCE} for person_id, tag_id in missing])


def remember_fields(incoming: list, chunk) -> None:
    """Register every custom key once per file."""
    seen = chunk.memory.setdefault("fields", set())
    for one in incoming:
        for key, value in one.custom.items():
            if key not in seen:
                seen.add(key)
                chunk.made(CustomField, filter(None, [CustomField.seen(key, value)]))


class Named:
    """A person known by nothing but a member_id."""

    def __init__(self, member_id: str):
        self.ids, self.values, self.totals, self.custom = ids_of(PersonRef(external=member_id)), {}, {}, {}
        self.tags, self.person_id = [], 0


def members(member_ids, chunk=None) -> dict[str, int]:
    """member_id -> person id, for all of them; people nobody knew yet are created, and those of `chunk` watched."""
    member_ids = {member_id for member_id in member_ids if member_id}
    held = dict(db.session.execute(select(Identity.value, Identity.person_id).where(
        Identity.kind == "external", Identity.value.in_(member_ids))).tuples().all())
    new = {member_id: Named(member_id) for member_id in sorted(member_ids - held.keys())}
    create(list(new.values()))
    settle(Person, Tagging, [one.person_id for one in new.values()])
    if chunk is not None:
        chunk.watch(Person, set(held.values()))
        chunk.made(Person, [one.person_id for one in new.values()])
        arrive(chunk, [one.person_id for one in new.values()])
    return {**held, **{member_id: one.person_id for member_id, one in new.items()}}
