"""Who, where and whether at all: rules 1 to 5, 7, 8 and 12 of the gate."""
import re
from datetime import timedelta

from sqlalchemy import select

from app.spine.db import db

from ..carriers import NoCarrier, address_of, carrier
from ..models import CATEGORIES, Consent, Message, Suppression
from ..models.message import LATE
from ..settings import Sending
from . import Defer, Hold, Skip, gate

MET = ("attempting", "sent", "delivered", "complained", "unclear")      # states in which somebody may have read it
MAILABLE = re.compile(r"[^@\s\x00-\x1f<>,;:\"]+@[^@\s\x00-\x1f.<>,;:\"][^@\s\x00-\x1f<>,;:\"]*")
CAUSES = {"unsubscribe": "they unsubscribed", "bounce": "a message to this address bounced",
          "complaint": "they marked a message as spam", "erasure": "their data was erased",
          "hand": "somebody on your team stopped it"}


@gate("kill switch", order=1)
def switched_on(message, person, now):
    sending = Sending.of()
    if sending.stopped():
        return Defer(message.due_at, "paused", "All sending is paused in the settings.")
    if message.channel != "sandbox" and message.channel not in sending.channels:
        return Hold("channel_off", "This channel is switched off in the settings.")
    return None


@gate("person", order=2)
def still_there(message, person, now):
    if person.merged_into_id:
        return Skip("merged", "This person was merged into another.")
    if person.erased_at:
        return Skip("erased", "This person was erased.")
    if person.staff:
        return Skip("staff", "This person is on your team.")
    return None


@gate("address", order=3)
def reachable(message, person, now):
    address = address_of(person, message.channel)
    if not address:
        return Skip("no_address", "There is no address for this channel.")
    if message.channel == "email" and (len(address) > 254 or not MAILABLE.fullmatch(address)):
        return Skip("bad_address", "The email address cannot be right.")
    try:
        carrier(message.channel)
    except NoCarrier as error:
        return Hold("no_carrier", str(error))
    return None


@gate("suppression", order=4)
def not_suppressed(message, person, now):
    found = Suppression.of(address_of(person, message.channel), message.channel, message.category)
    if found is None:
        return None
    return Skip("suppressed", f"This address is not used: {CAUSES.get(found.cause, found.cause)}.")


@gate("consent", order=5)
def agreed(message, person, now):
    if message.category == "transactional":
        return None
    said, rule = Consent.latest(person, message.category), Sending.of().consent
    if said == "withdrawn":
        return Skip("no_consent", "They withdrew their consent.")
    if said == "granted" or rule == "everyone":
        return None
    customer = person.stage in ("member", "former")
    if rule == "customers" and (customer or message.category == "lifecycle"):
        return None
    return Skip("no_consent", f"No consent to {CATEGORIES[message.category].lower()} messages is on record.")


@gate("expiry", order=7.5)
def in_time(message, person, now):
    if message.expires_at is None or message.expires_at > now:
        return None
    if message.reason == "cap":
        return Skip("cap", "They had as many messages as the limit allows until this one was out of date.")
    return Skip("expired", "It was out of date before it could be sent.")


@gate("late", order=8)
def not_late(message, person, now):
    if now - message.due_at <= LATE:
        return None
    return Hold("late", "It was due more than six hours ago. Release it if it still makes sense.")


@gate("duplicate", order=12)
def not_twice(message, person, now):
    if message.template_id is None:
        return None
    same = select(Message.id).where(
        Message.person_id == person.id, Message.id != message.id, Message.template_id == message.template_id,
        Message.state.in_(MET), Message.is_test.is_(False), Message.attempted_at > now - timedelta(hours=24))
    if message.category == "transactional":         # two receipts on a day are two receipts
        same = same.where(Message.variables == message.variables, Message.enrollment_id == message.enrollment_id)
    if db.session.scalar(same.limit(1)) is None:
        return None
    return Skip("duplicate", "They had this message within the last 24 hours.")
