"""Reading the audit trail: narrowed by who, what, which and when, newest first."""
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.spine.db import db

from .audit import Audit

ACTIONS = {"create": "Added", "update": "Changed", "delete": "Removed", "login": "Signed in", "export": "Exported",
           "erase": "Erased", "invite": "Invited", "withdraw": "Withdrew", "denied": "Refused"}
INWARD = {"id", "account_id", "public_id", "created_at", "updated_at", "search_text", "folded", "told", "counted",
          "key"}


class BadDay(ValueError):
    """Not a day such as 2026-11-21."""


class Trail:
    """What is asked: action, object, object_id, actor, and from and to as days of the account's zone, both included."""

    def __init__(self, asked, timezone: str):
        self.zone, self.asked = ZoneInfo(timezone), {
            name: asked[name].strip() for name in ("action", "object", "object_id", "actor") if asked.get(name)}
        self.since, self.until = self.day(asked.get("from")), self.day(asked.get("to"))

    def day(self, words: str | None) -> date | None:
        if not (words or "").strip():
            return None
        try:
            day = date.fromisoformat(words.strip())
        except ValueError:
            raise BadDay("Write days as 2026-11-21.") from None
        if not 1970 <= day.year <= 2200:
            raise BadDay("Choose a day between 1970 and 2200.")
        return day

    def lines(self):
        """A select of the lines, without an order."""
        found = select(Audit)
        for name, value in self.asked.items():
            found = found.where(getattr(Audit, name) == value)
        if self.since:
            found = found.where(Audit.at >= self.midnight(self.since))
        if self.until:
            found = found.where(Audit.at < self.midnight(self.until + timedelta(days=1)))
        return found

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    @property
    def args(self) -> dict:
        """For addresses: what is asked now."""
        days = {"from": self.since, "to": self.until}
        return {**self.asked, **{name: day.isoformat() for name, day in days.items() if day}}


def changes(row: Audit) -> list[tuple]:
    """(field, before, after) of what a person would call a change."""
    names = [*row.before, *(name for name in row.after if name not in row.before)]
    return [(name.removesuffix("_id").replace("_", " ").capitalize(), plain(row.before.get(name)),
             plain(row.after.get(name))) for name in names if name not in INWARD]


def plain(value) -> str:
    if value in (None, "", {}, []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(one)}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def objects() -> list[tuple]:
    """(name, words) of every kind of thing the trail tells of."""
    names = db.session.scalars(select(Audit.object).distinct().order_by(Audit.object)).all()
    return [(name, name.replace("_", " ").capitalize()) for name in names]


def actors() -> list[tuple]:
    """(id, name) of everybody who did something."""
    rows = db.session.execute(select(Audit.actor, Audit.actor_name).distinct().order_by(Audit.actor_name)).all()
    return list({actor: name or actor for actor, name in rows}.items())
