"""`send(...)`: the intention to say something to somebody, once."""
from datetime import datetime

from sqlalchemy import select

from app.kit.clock import now
from app.people import Person
from app.spine.db import current_account_id, db, insert_once

from .models import CATEGORIES, Message, Template
from .models.message import KEPT

PRIORITIES = {"transactional": 10, "lifecycle": 50, "promo": 80}


def send(person: Person, template: Template, *, dedupe_key: str, channel: str | None = None,
         category: str | None = None, due_at: datetime | None = None, expires_at: datetime | None = None,
         automation=None, enrollment=None, step: str | None = None, priority: int | None = None,
         variables: dict | None = None) -> Message:
    """Queue a message; with a `dedupe_key` used before, the message that was made then.

    `automation` has `id`, `public_id` and `name`; `enrollment` has `id` or is one. `variables` are values of this
    occasion (amount, card_link). Whether, when and in which words it goes out is decided when it is due.
    """
    category = category or template.category
    if category not in CATEGORIES:
        raise ValueError(f"no category called {category!r}")
    db.session.flush()
    due = due_at or now()
    made = insert_once(
        Message, ("account_id", "dedupe_key"), dedupe_key=dedupe_key, person_id=person.id, template_id=template.id,
        template_version=template.version, channel=channel or template.channel, category=category, state="queued",
        due_at=due, expires_at=expires_at or (None if category == "transactional" else due + KEPT),
        priority=PRIORITIES[category] if priority is None else priority, variables=_plain(variables), step_key=step,
        automation_id=getattr(automation, "id", None), automation_ref=getattr(automation, "public_id", None),
        playbook=getattr(automation, "name", None), enrollment_id=getattr(enrollment, "id", enrollment), is_test=False,
        attempt=0)
    if made is not None:
        wake(due)
    return db.session.scalar(select(Message).where(Message.dedupe_key == dedupe_key))


def wake(at: datetime) -> None:
    """See to it that the account's messages are looked at by then."""
    from .jobs import dispatch
    account_id = current_account_id()
    dispatch.later(account_id, key=f"dispatch:{account_id}", at=at)


def _plain(variables: dict | None) -> dict:
    return {name: str(value) for name, value in (variables or {}).items() if value is not None}
