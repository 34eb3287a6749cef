"""Counters on a person, computed from what happened.

A source may give totals without the deeds behind them. Then a counter is the larger of that total and what we saw up to
that moment, plus everything we saw since.
"""
from sqlalchemy import func, select, update

from app.spine.db import db
from app.spine.events import Event

from .models import Person

COUNTED = {"forum_posts": "activity.post", "forum_comments": "activity.comment", "lessons_completed": "activity.lesson",
           "chat_messages": "activity.message"}


def recount(person_ids) -> int:
    """Compute the counters of these people again; how many changed."""
    db.session.flush()
    deeds = _deeds(person_ids)
    changed = 0
    rows = db.session.execute(select(Person.id, Person.counted, *(getattr(Person, name) for name in COUNTED))
                              .where(Person.id.in_(person_ids)))
    for person_id, counted, *held in rows.all():
        now_counted = {name: total(counted or {}, name, deeds.get((person_id, kind), ()))
                       for name, kind in COUNTED.items()}
        if list(now_counted.values()) != held:
            db.session.execute(update(Person).where(Person.id == person_id).values(**now_counted),
                               execution_options={"synchronize_session": "fetch"})
            changed += 1
    return changed


def total(counted: dict, name: str, moments) -> int:
    """One counter, from the total a source gave and the moments of the deeds we saw."""
    given, given_at = counted.get(name), counted.get("at", 0)
    if given is None:
        return len(moments)
    before = sum(1 for at in moments if at.timestamp() <= given_at)
    return max(given, before) + len(moments) - before


def _deeds(person_ids) -> dict:
    deeds: dict = {}
    rows = db.session.execute(select(Event.person_id, Event.kind, Event.at).where(
        Event.person_id.in_(person_ids), Event.kind.in_(COUNTED.values())))
    for person_id, kind, at in rows:
        deeds.setdefault((person_id, kind), []).append(at)
    return deeds


def latest_activity(person_ids) -> dict:
    """Person id -> the last activity we saw of them."""
    rows = db.session.execute(select(Event.person_id, func.max(Event.at)).where(
        Event.person_id.in_(person_ids), Event.kind.startswith("activity.")).group_by(Event.person_id))
    return dict(rows.all())


def rebuild(chunk: int = 500, commit=None) -> dict:
    """Recompute everything that people own for the account being served; {people, changed}. `commit` runs per chunk."""
    done, changed, last = 0, 0, 0
    while people := list(db.session.scalars(select(Person).where(Person.id > last).order_by(Person.id).limit(chunk))):
        ids = [person.id for person in people]
        seen = latest_activity(ids)
        for person in people:
            at = seen.get(person.id)
            if at and (person.last_active_at is None or at > person.last_active_at):
                person.last_active_at = at
                changed += 1
            person.rewrite_forms()
        changed += recount(ids)
        done, last = done + len(ids), ids[-1]
        if commit:
            commit()
    return {"people": done, "changed": changed}
