"""What members do: lessons, chat, reactions, a new card, a case in the resolution center."""
from app.connections import Envelope
from app.spine.facts import ActivityFact

from ...reading import moment, text
from ..fields import named

SAID = ("regular", None)          # system and automated messages are nobody's activity


def lesson(envelope: Envelope) -> list[ActivityFact]:
    data = envelope.data
    if data.get("completed") is False:
        return []
    return [done(envelope, data, "lesson", data.get("created_at"), content_id=text(data, "lesson.id", "lesson_id"),
                 title=text(data, "lesson.title"))]


def message(envelope: Envelope) -> list[ActivityFact]:
    said = envelope.data.get("message")
    said = said if isinstance(said, dict) else envelope.data
    if text(said, "message_type") not in SAID:
        return []
    return [done(envelope, said, "message", said.get("created_at"), content_id=text(envelope.data, "channel.id"))]


def reaction(envelope: Envelope) -> list[ActivityFact]:
    given = envelope.data.get("reaction")
    given = given if isinstance(given, dict) else envelope.data
    return [done(envelope, given, "reaction", given.get("created_at"), content_id=text(given, "resource_id"))]


def card_saved(envelope: Envelope) -> list[ActivityFact]:
    """A saved card is worth knowing for recovery; asking for confirmation or giving up is not."""
    if text(envelope.data, "status") != "succeeded":
        return []
    return [done(envelope, envelope.data, "custom", envelope.data.get("updated_at"), content_id="card_saved",
                 title="Saved a new card")]


def case(envelope: Envelope) -> list[ActivityFact]:
    """A buyer who opens a case is about to want the money back; later steps of the case are Whop's affair."""
    if not envelope.kind.endswith(".created"):
        return []
    return [done(envelope, envelope.data, "custom", envelope.data.get("created_at"), content_id="case_opened",
                 title="Opened a case about a payment")]


def done(envelope, data, kind, at, **more) -> ActivityFact:
    return ActivityFact(who=named(data), kind=kind, at=moment(at) or envelope.occurred_at,
                        external_id=text(data, "id"), **more)
