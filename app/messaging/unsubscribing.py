"""No more of this, or of anything: what an unsubscribe does and how it is taken back."""
from sqlalchemy import select

from app.kit.clock import now
from app.spine.db import db
from app.spine.events import record

from .models import Message, MessageEvent, consent, suppress
from .models.consent import unsuppress

TOPICS = {"lifecycle": "messages about your membership", "promo": "offers and news",
          "marketing": "messages other than those about payments and access"}


def unsubscribe(message: Message, everything: bool = False) -> str:
    """Stop the message's topic, or all marketing, for its person; the topic. What is queued is stopped by the gate."""
    topic = "marketing" if everything or message.category not in TOPICS else message.category
    fresh = suppress(message.address, message.channel, topic, "unsubscribe") if message.address else False
    if not fresh and _noted(message, topic):
        return topic
    consent(message.person, topic, "withdrawn", wording=f"Stop {TOPICS[topic]}", method="unsubscribe",
            message=message.public_id)
    message.unsubscribed_at = message.unsubscribed_at or now()
    db.session.add(MessageEvent(message_id=message.id, kind="unsubscribed", source=f"unsubscribe.{topic}", at=now()))
    record("message.unsubscribed", message.person_id, source="messaging", by=message.automation_ref,
           **message.facts(topic=TOPICS[topic], scope=topic))
    return topic


def _noted(message: Message, topic: str) -> bool:
    return db.session.scalar(select(MessageEvent.id).where(
        MessageEvent.message_id == message.id, MessageEvent.source == f"unsubscribe.{topic}").limit(1)) is not None


def resubscribe(message: Message, topic: str) -> None:
    """Take an unsubscribe back: the address is used again and the person's wish is on record."""
    if message.address:
        unsuppress(message.address, message.channel, topic)
    consent(message.person, topic, "granted", wording=f"Get {TOPICS[topic]} again", method="resubscribe",
            message=message.public_id)
    db.session.add(MessageEvent(message_id=message.id, kind="resubscribed", at=now()))
