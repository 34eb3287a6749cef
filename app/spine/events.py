"""Everything that happens to a person, in one table, in one catalogue of kinds.

`record(...)` writes the event and runs those who `@hears` it inside the same transaction; work that leaves the
process becomes a job. The catalogue is also the list of automation triggers and of outgoing webhooks.
"""
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.spine.db import Json, Owned, Public, Row, Utc, add_once, current_account_id, db, new_public_id

MAX_DEPTH = 3
CATALOGUE: dict[str, "Kind"] = {}
_hearers: dict[str, list] = defaultdict(list)
_of_many: list = []
TOGETHER = 1000


@dataclass(frozen=True)
class Kind:
    """A kind of event: its name, its words (`{person} joined {plan}`), where it belongs and what it carries."""
    name: str
    label: str
    group: str                      # membership, payment, community, course, note, message, lead, system
    icon: str = "activity"
    words: str = ""                 # a format string over the event's data; empty: the label
    fields: tuple[str, ...] = ()    # keys of `data` that conditions and templates may name
    trigger: bool = True            # may start an automation


class Event(Owned, Public, Row):
    """Something that happened to a person at `at` (the source's own time); `depth` counts automation hops."""
    __tablename__ = "events"
    PREFIX = "evt"
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(Utc)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    data: Mapped[dict] = mapped_column(Json, default=dict)
    source: Mapped[str] = mapped_column(default="app")
    key: Mapped[str | None]                       # one event per account, source and key
    depth: Mapped[int] = mapped_column(default=0)
    cause: Mapped[str | None]                     # the automations that led to it, public ids, the first one first
    __table_args__ = (
        UniqueConstraint("account_id", "source", "key"),
        Index("ix_events_person", "account_id", "person_id", "at", "id"),
        Index("ix_events_kind", "account_id", "kind", "at", "person_id"),
        Index("ix_events_who", "account_id", "kind", "person_id", "at"),        # who did something how often
        Index("ix_events_at", "account_id", "at", "id"),
    )

    @property
    def described(self) -> Kind:
        return CATALOGUE.get(self.kind) or Kind(self.kind, self.kind.replace(".", " "), "system")

    @property
    def sentence(self) -> str:
        """The event in words, from its own data."""
        kind = self.described
        if not kind.words:
            return kind.label
        return kind.words.format_map(defaultdict(lambda: "something", {k: v for k, v in self.data.items() if v}))


def kind(name: str, label: str, group: str, icon: str = "activity", words: str = "", fields=(), trigger=True) -> None:
    """Put a kind of event into the catalogue; domains call this when they are imported."""
    CATALOGUE[name] = Kind(name, label, group, icon, words, tuple(fields), trigger)


def hears(*kinds: str):
    """Run this function, inside the recording transaction, for each event of these kinds (`*` for all)."""
    def listen(function):
        for name in kinds:
            if function not in _hearers[name]:
                _hearers[name].append(function)
        return function
    return listen


def record(name: str, person=None, at: datetime | None = None, key: str | None = None, source: str = "app",
           cause: "Event | None" = None, by: str | None = None, **data) -> Event | None:
    """Write an event and tell its hearers. None when the same `source` and `key` were recorded before.

    `cause` is the event that led to this one, `by` the automation that acted; both bound loops. Inside `acting`
    they are known.
    """
    if name not in CATALOGUE:
        raise KeyError(f"no kind of event called {name!r}")
    person_id = person if isinstance(person, int) or person is None else person.id
    depth, chain = _chain(cause, by)
    values = dict(kind=name, at=at or now(), person_id=person_id, data=data, source=source, key=key, depth=depth,
                  cause=" ".join(chain) or None)
    event = add_once(Event, ("account_id", "source", "key"), **values)
    if event is None:
        return None
    for hearer in (*_hearers[name], *_hearers["*"]):
        hearer(event)
    return event


def record_all(name: str, person_ids, at: datetime | None = None, source: str = "app", **data) -> None:
    """The same event of many people. Written in a few statements where nobody must be told of each by itself."""
    ids = list(person_ids)
    if not ids:
        return
    if _hearers[name] or _counts_each(name):
        for person_id in ids:
            record(name, person_id, at=at, source=source, **data)
        return
    depth, chain = _chain(None, None)
    moment, account_id = now(), current_account_id()
    whole = {"kind": name, "at": at or moment, "data": data, "source": source, "depth": depth, "key": None,
             "cause": " ".join(chain) or None, "created_at": moment, "account_id": account_id}
    for start in range(0, len(ids), TOGETHER):
        db.session.execute(insert(Event), [{**whole, "person_id": one, "public_id": new_public_id(Event)}
                                           for one in ids[start:start + TOGETHER]],
                           execution_options={"render_nulls": True})


def _counts_each(name: str) -> bool:
    return True in [hearer(name) for hearer in _of_many]         # all of them are told, whatever the first one says


def hears_many(function):
    """Told once of a kind that happened to many; True when it wants to hear of each by itself."""
    if function not in _of_many:
        _of_many.append(function)
    return function


@contextmanager
def acting(by: str, depth: int, chain: str | None):
    """Whatever is recorded inside was done by automation `by`, which itself stands at this depth and chain."""
    before, db.session.info["acting"] = db.session.info.get("acting"), (by, depth, (chain or "").split())
    try:
        yield
    finally:
        db.session.info["acting"] = before


def _chain(cause: Event | None, by: str | None) -> tuple[int, list[str]]:
    if cause is not None:
        return cause.depth + 1, [*(cause.cause or "").split(), *([by] if by else [])]
    held = db.session.info.get("acting")
    if held:
        return held[1] + 1, [*held[2], held[0]]
    return (1, [by]) if by else (0, [])
