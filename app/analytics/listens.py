"""What analytics hears of messages: whatever may have touched somebody puts their books in line to be written."""
from app.spine.events import Event, hears

from .jobs import stale


@hears("message.sent", "message.delivered", "message.clicked", "message.bounced", "message.complained")
def touched(event: Event) -> None:
    if event.person_id is not None:
        stale(event.person_id)
