"""At most so many messages a day and a week, over all channels and playbooks; windows roll."""
from datetime import timedelta

from sqlalchemy import select

from app.spine.db import db

from ..models import Message
from ..settings import Sending
from . import Defer, gate

COUNTED = ("attempting", "sent", "delivered", "unclear")
WEEK = timedelta(days=7)


@gate("caps", order=10)
def within_caps(message, person, now):
    """The pipeline holds the person's row meanwhile, so that two workers cannot both see room for one."""
    if message.category == "transactional":
        return None
    times = db.session.scalars(select(Message.attempted_at).where(
        Message.person_id == person.id, Message.id != message.id, Message.category != "transactional",
        Message.state.in_(COUNTED), Message.is_test.is_(False),
        Message.attempted_at > now - WEEK).order_by(Message.attempted_at)).all()
    sending = Sending.of()
    frees = [free for free in (_free(times, now, timedelta(days=1), sending.cap_day),
                               _free(times, now, WEEK, sending.cap_week)) if free]
    if not frees:
        return None
    until = max(frees)
    until = min(until, message.expires_at) if message.expires_at else until
    return Defer(until, "cap", f"They had {sending.cap_day} messages today or {sending.cap_week} this week.")


def _free(times, now, window, cap):
    """When the window has room again, None when it has."""
    within = [at for at in times if at > now - window]
    return within[len(within) - cap] + window if len(within) >= cap else None
