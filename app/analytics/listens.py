"""What analytics hears: whatever may have touched somebody, or joined two, puts their books in line to be written."""
from app.merging import Merge
from app.spine.events import Event, hears

from .jobs import stale


@hears("message.sent", "message.delivered", "message.clicked", "message.bounced", "message.complained")
def touched(event: Event) -> None:
    if event.person_id is not None:
        stale(event.person_id)


@hears("person.merged", "person.unmerged")
def joined(event: Event) -> None:
    """What belongs to whom has changed: both books are written anew."""
    merge = Merge.of(event)
    stale(merge.kept_id)
    stale(merge.gone_id)
