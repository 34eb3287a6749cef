"""What happened to a person, the latest first, a stretch at a time."""
from functools import cached_property

from sqlalchemy import select

from app.kit.paging import keyset
from app.people.models import Note, Person
from app.spine.db import db
from app.spine.events import CATALOGUE, Event
from app.spine.slots import filled

GROUPS = {"": ("All", ()), "payments": ("Payments", ("payment",)), "membership": ("Membership", ("membership",)),
          "activity": ("Activity", ("community", "course")), "messages": ("Messages", ("message",)),
          "playbooks": ("Playbooks", ("playbook",)), "notes": ("Notes and tags", ("note",)),
          "tasks": ("Tasks", ("task",)), "leads": ("Lead", ("lead",)), "changes": ("Changes", ("system",))}
TONES = {"failed": "bad", "bounced": "bad", "disputed": "bad", "canceled": "warn", "past_due": "warn",
         "cancel_scheduled": "warn", "refunded": "warn", "succeeded": "good", "activated": "good", "renewed": "good",
         "recorded": "good", "converted": "good", "done": "good"}
LENGTH = 20


class Timeline:
    """A stretch of events, of one group or all; raises BadCursor. `written` are their notes, where they are known."""

    def __init__(self, person: Person, group: str = "", cursor: str | None = None, written: list[Note] | None = None):
        self.person, self.written, self.group = person, written, group if group in GROUPS else ""
        found = select(Event).where(Event.person_id == person.id)
        if self.group:
            wanted = GROUPS[self.group][1]
            found = found.where(Event.kind.in_([name for name, kind in CATALOGUE.items() if kind.group in wanted]))
        self.page = keyset(db.session, found, Event.at, Event.id, descending=True, cursor=cursor, limit=LENGTH)

    @property
    def older(self) -> str | None:
        return self.page.next_cursor

    @cached_property
    def notes(self) -> dict[str, Note]:
        """Public id -> their notes, if this stretch tells of any."""
        told = any(event.kind == "note.added" for event in self.page.rows)
        if not told:
            return {}
        return {note.public_id: note for note in (self.person.written if self.written is None else self.written)}

    @property
    def events(self) -> list[dict]:
        """As `bits.timeline` shows them."""
        return [{"at": event.at, "icon": event.described.icon, "tone": TONES.get(event.kind.rpartition(".")[2]),
                 "text": None if "{title}" in event.described.words else event.data.get("title"),
                 "what": event.sentence[:1].upper() + event.sentence[1:], "source": source(event),
                 **self._noted(event)} for event in self.page.rows]

    def _noted(self, event: Event) -> dict:
        note = self.notes.get(event.data.get("note")) if event.kind == "note.added" else None
        if note is None:
            return {}
        who = note.author.label if note.author else "A playbook"
        if note.removed_at:
            return {"what": f"{who} left a note, deleted since"}
        return {"what": f"{who} left a note", "note": note.excerpt, "source": f"#{note.public_id}"}


def source(event) -> str | None:
    """Where the thing an event tells of can be seen; whoever keeps it has said so."""
    for way, traits in filled("event.source"):
        if event.data.get(traits["of"]) and (there := way(event)):
            return there
    return None
