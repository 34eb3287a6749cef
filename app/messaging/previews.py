"""A template as one person would read it, and a test of it to oneself."""
from sqlalchemy import select

from app.accounts import User, current_account
from app.people import Person
from app.spine.db import db
from app.spine.jobs import GiveUp, job
from app.spine.sockets import Parcel

from .carriers import NoCarrier, carrier
from .letters import Words, dress, write
from .lint import example
from .models import Template
from .settings import Sending
from .variables import known, slots, values


def shown_as(subject: str, body: str, person) -> tuple[Words, list[str]]:
    """The words for this person, and the names of slots that had to be filled with examples."""
    lacking = []
    for name, fallback, _ in slots(subject) + slots(body):
        if known(name) and fallback is None and not values((f"{{{{{name}|}}}}",), person)[name]:
            lacking.append(name)
    lacking = list(dict.fromkeys(lacking))
    return write(subject, body, person, None, {name: example(name) for name in lacking}), lacking


def readers(limit: int = 20) -> list[Person]:
    """People to preview as: the latest who can be written to."""
    return list(db.session.scalars(select(Person).where(
        Person.merged_into_id.is_(None), Person.erased_at.is_(None), Person.staff.is_(False)).order_by(
            Person.email.is_(None), Person.id.desc()).limit(limit)))


def anybody() -> Person:
    """Somebody who is not in the books, for a preview before the first person has come."""
    return Person(name="Sofia Brandt", email="sofia@example.com", plan_name="Club monthly", custom={})


@job(queue="outside", tries=2)
def send_test(template_id: str, person_id: str, user_id: str) -> None:
    """Mail a template, as one person would read it, to a user of ours. Leaves no trace in the ledger."""
    template, user = Template.find(template_id), db.session.scalar(select(User).where(User.public_id == user_id))
    if template is None or user is None:
        raise GiveUp("The template or the user is gone.")
    words, _lacking = shown_as(template.subject, template.body, Person.find(person_id) or anybody())
    words = Words(f"[Test] {words.subject}", words.text, words.html)
    sending = Sending.of()
    name, sender = sending.letterhead()
    html, text = dress(words, sending)
    try:
        channel = carrier("email")
    except NoCarrier as error:
        raise GiveUp(str(error)) from None
    parcel = Parcel(key=f"test:{template.public_id}:{current_account().public_id}", to=user.email,
                    subject=words.subject, text=text, html=html, sender=sender, sender_name=name,
                    headers={"Auto-Submitted": "auto-generated"})
    db.session.commit()
    receipt = channel.deliver(parcel)
    if receipt.kind == "failed":
        raise GiveUp(receipt.reason)
    if receipt.kind == "retry":
        raise RuntimeError(receipt.reason)
