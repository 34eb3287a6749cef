"""What somebody did or did not do, counted over events; and questions about one event's own data."""
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from app.spine.db import db
from app.spine.events import CATALOGUE, Event

from . import values
from .tree import BadCondition
from .vocabulary import Field, Vocabulary

MOST = 100_000
LATELY = timedelta(days=90)
BY_PERSON, BY_TIME = "INDEXED BY ix_events_who", "INDEXED BY ix_events_kind"


class Deed:
    """`{"event": "activity.lesson", "at_least": 3, "within": {"n": 30, "unit": "days"}}`, parsed.

    `event` may be `activity.*`. Without `within` all of time counts, also what is dated in the future.
    """

    def __init__(self, value, moment):
        if not isinstance(value, dict) or set(value) - {"event", "at_least", "within"}:
            raise BadCondition('needs {"event", "at_least", "within"}')
        self.kind = value.get("event")
        if not isinstance(self.kind, str) or not self._exists():
            raise BadCondition(f"there is no event called {self.kind!r}")
        times = values.number(value.get("at_least", 1))
        if times != int(times) or not 1 <= times <= MOST:
            raise BadCondition("at_least is a whole number from 1")
        self.times = int(times)
        within = value.get("within") or None
        self.since = moment.now - values.span(within) if within else None
        self.now = moment.now

    def _exists(self) -> bool:
        return self.kind in CATALOGUE or (self.kind.endswith(".*") and
                                          any(name.startswith(self.kind[:-1]) for name in CATALOGUE))

    @property
    def index(self) -> str | None:
        """Which index SQLite reads; by itself it goes by person, row by row of everybody. None for its own choice."""
        if self.since is None:
            return BY_PERSON
        lately = self.now - self.since <= LATELY
        return None if self.kind.endswith(".*") else BY_TIME if lately else BY_PERSON

    def narrowed(self, statement):
        """Only the events that count."""
        kind = Event.kind.startswith(self.kind[:-1], autoescape=True) if self.kind.endswith(".*") else (
            Event.kind == self.kind)
        statement = statement.where(kind)
        return statement.where(Event.at.between(self.since, self.now)) if self.since else statement


def deeds_field(column, person_id: Callable = lambda subject: subject.id) -> Field:
    """The field `events` of a vocabulary whose subjects have events; `column` holds the person's id."""
    def clause(deed: Deed):
        people = deed.narrowed(select(Event.person_id).where(Event.person_id.is_not(None)))
        if deed.times > 1:
            people = people.group_by(Event.person_id).having(func.count() >= deed.times)
        elif not deed.since:
            people = people.distinct()
        return column.in_(people.with_hint(Event, deed.index, "sqlite") if deed.index else people)

    return Field("events", "Events", "deeds", column=clause, clean=Deed, read=_Told(person_id), group="events",
                 names=("event",))


class _Told:
    """Reads a subject's events, or says a deed in words, depending on what it is given."""

    def __init__(self, person_id):
        self.person_id = person_id

    def __call__(self, given):
        return self._words(given) if isinstance(given, dict) else lambda deed: self._count(given, deed) >= deed.times

    def _count(self, subject, deed: Deed) -> int:
        return db.session.scalar(deed.narrowed(select(func.count(Event.id)).where(
            Event.person_id == self.person_id(subject))))

    @staticmethod
    def _words(value: dict) -> str:
        kind, times = value["event"], int(value.get("at_least", 1))
        label = CATALOGUE[kind].label if kind in CATALOGUE else f"{kind[:-2]} of any kind"
        said = f"“{label}”" + (f" at least {times} times" if times > 1 else "")
        return said + (f" in the last {values.span_words(value['within'])}" if value.get("within") else "")


def _data_field(key: str) -> Field:
    return Field(f"event.data.{key}", key.replace("_", " ").capitalize(), "free", group="event",
                 read=lambda event: event.data.get(key))


EVENT = Vocabulary(
    Field("event.kind", "Event", "choice", Event.kind, read=lambda event: event.kind, group="event",
          choices=lambda: {name: kind.label for name, kind in CATALOGUE.items()}),
    Field("event.source", "Source", "choice", Event.source, read=lambda event: event.source, group="event"),
    Field("event.at", "Time of the event", "date", Event.at, read=lambda event: event.at, group="event"),
    families={"event.data.": _data_field})
