"""What a provider says afterwards: delivered, bounced, complained. Once per event of theirs, in any order."""
from datetime import datetime

from app.spine.db import db, insert_once

from .models import Message, MessageEvent, suppress
from .pipeline import tell

KINDS = ("delivered", "bounced", "complained")
STANDS = {"delivered": ("bounced", "complained"), "bounced": ("complained",), "complained": ()}   # what is not undone


def report(message: Message, kind: str, *, source: str, event_id: str, at: datetime, words: str = "") -> bool:
    """Take in a provider's word about a message; False when it was known. It also settles what was unclear.

    A bounce ends the use of the address, a complaint ends marketing to it; a late `delivered` revives neither.
    """
    if kind not in KINDS:
        raise ValueError(f"a provider reports {', '.join(KINDS)}, not {kind!r}")
    db.session.flush()
    if insert_once(MessageEvent, ("account_id", "source", "provider_event_id"), message_id=message.id, kind=kind,
                   source=source, provider_event_id=event_id, at=at, machine=False) is None:
        return False
    message.sent_at = message.sent_at or message.attempted_at or at
    if kind == "delivered":
        message.delivered_at = message.delivered_at or at
    elif message.address:
        suppress(message.address, message.channel, "all" if kind == "bounced" else "marketing",
                 "bounce" if kind == "bounced" else "complaint")
    if message.state not in STANDS[kind]:
        message.state, message.lease = kind, None
        message.reason, message.reason_words = (kind, words[:500]) if words else (None, None)
    tell(f"message.{kind}", message)
    return True
