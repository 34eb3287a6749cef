"""What happened to a person, the latest first, a stretch at a time."""
from sqlalchemy import select

from app.kit.paging import keyset
from app.spine.db import db
from app.spine.events import CATALOGUE, Event

from .models import Person

GROUPS = {"": ("All", ()), "money": ("Money", ("payment", "membership")),
          "activity": ("Activity", ("community", "course")), "messages": ("Messages", ("message",)),
          "notes": ("Notes", ("note",))}
TONES = {"failed": "bad", "bounced": "bad", "disputed": "bad", "canceled": "warn", "past_due": "warn",
         "cancel_scheduled": "warn", "refunded": "warn", "succeeded": "good", "activated": "good", "renewed": "good",
         "recorded": "good"}
LENGTH = 25


class Timeline:
    """A stretch of events, of one group or all; raises BadCursor."""

    def __init__(self, person: Person, group: str = "", cursor: str | None = None):
        self.person, self.group = person, group if group in GROUPS else ""
        found = select(Event).where(Event.person_id == person.id)
        if self.group:
            wanted = GROUPS[self.group][1]
            found = found.where(Event.kind.in_([name for name, kind in CATALOGUE.items() if kind.group in wanted]))
        self.page = keyset(db.session, found, Event.at, Event.id, descending=True, cursor=cursor, limit=LENGTH)

    @property
    def older(self) -> str | None:
        return self.page.next_cursor

    @property
    def events(self) -> list[dict]:
        """As `bits.timeline` shows them."""
        return [{"at": event.at, "icon": event.described.icon, "tone": TONES.get(event.kind.rpartition(".")[2]),
                 "what": event.sentence[:1].upper() + event.sentence[1:], "text": event.data.get("title")}
                for event in self.page.rows]
