"""A dry run over the last 90 days: who would have entered, judged by the same verdict, with nothing written."""
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.experiments import held_out
from app.kit.clock import now as clock
from app.people import Person
from app.spine.db import db
from app.spine.events import Event

from . import words
from .arrivals import arrival, reached, since
from .entering import entry_key, verdict
from .plan import TIMED, Plan, parse

DAYS = 90
MOST = 1000


@dataclass(frozen=True)
class Past:
    """An entry that did not happen, as the verdict wants to see it."""
    entry_key: str
    state: str
    finished_at: datetime
    entered_at: datetime


@dataclass(frozen=True)
class Entry:
    """Somebody who would have entered: when, why, and whether they would have been left alone."""
    person: Person
    at: datetime
    event: Event
    held_out: bool


@dataclass
class Rehearsal:
    """What would have happened. `refused` counts verdict codes; `assumed` are the assumptions in sentences."""
    entries: list[Entry] = field(default_factory=list)
    refused: Counter = field(default_factory=Counter)
    reasons: dict = field(default_factory=dict)
    seen: int = 0
    people: int = 0
    cut: bool = False
    assumed: list[str] = field(default_factory=list)

    @property
    def entered(self) -> int:
        return sum(1 for one in self.entries if not one.held_out)


def rehearse(automation, limit: int = MOST) -> Rehearsal:
    """Run the working plan (the draft, if there is one) over what is recorded; raises BadPlan."""
    plan, now = parse(automation.working), clock()
    events = (_arrivals if plan.trigger in TIMED else _recorded)(automation, plan, now, limit)
    run = Rehearsal(seen=min(len(events), limit), cut=len(events) > limit)
    past: dict[int, list[Past]] = {}
    lasts = timedelta(seconds=words.lasts(plan.spec))
    for person, event in sorted(events[:limit], key=lambda pair: (pair[1].at, pair[0].id)):
        mine = past.setdefault(person.id, [])
        alive = [Past(one.entry_key, "active" if one.finished_at > event.at else "completed", one.finished_at,
                      one.entered_at) for one in mine]
        found = verdict(automation, person, event, now=event.at, plan=plan, past=alive)
        if not found.enters:
            run.refused[found.reason] += 1
            run.reasons.setdefault(found.reason, found.words)
            continue
        out = held_out(automation.public_id, person.public_id, automation.hold_out)
        mine.insert(0, Past(entry_key(plan, event), "completed", event.at + (lasts if not out else timedelta()),
                            event.at))
        run.entries.insert(0, Entry(person, event.at, event, out))
    run.people = len({one.person.id for one in run.entries})
    run.assumed = _assumed(automation, plan, run, limit)
    return run


def _recorded(automation, plan: Plan, now, limit: int) -> list[tuple[Person, Event]]:
    """The latest events of the trigger's kind, with their people."""
    return [tuple(row) for row in db.session.execute(
        select(Person, Event).join(Event, Event.person_id == Person.id).where(
            Event.kind == plan.trigger, Event.at >= now - timedelta(days=DAYS), Event.at <= now).order_by(
                Event.at.desc(), Event.id.desc()).limit(limit + 1))]


def _arrivals(automation, plan: Plan, now, limit: int) -> list[tuple[Person, Event]]:
    """Those who reached the days within the 90, whether or not the playbook was on."""
    column = since(plan.trigger)
    people = db.session.scalars(Person.everyone().where(
        Person.stage == "member", column <= now - timedelta(days=plan.days),
        column >= now - timedelta(days=plan.days + DAYS)).order_by(column.desc(), Person.id).limit(limit + 1)).all()
    return [(person, arrival(automation, person, plan)) for person in people]


def at_once(automation) -> int | None:
    """How many would enter the moment it is switched on; None when it waits for something to happen."""
    plan = automation.plan
    if plan.trigger not in TIMED:
        return None
    return db.session.scalar(reached(automation).with_only_columns(func.count()).order_by(None))


def _assumed(automation, plan: Plan, run: Rehearsal, limit: int) -> list[str]:
    told = ["People are judged by what is known about them today: their tags, plan and status then are not replayed.",
            "Everybody who enters is taken to stay for the whole length of the waits.",
            "Whether a message would have been held back by quiet hours, limits or unsubscribes is not counted."]
    if plan.trigger in TIMED:
        told.append("Nothing is recorded for days that pass, so they are counted from when people joined." if
                    plan.trigger == "tenure.reached" else
                    "Only the present silence is known: people who were quiet before and came back are not counted.")
    if run.cut:
        told.append(f"Only the latest {limit:,} occasions were looked at.")
    if automation.draft is not None:
        told.append("It is the draft that was rehearsed, not what is published.")
    return told
