"""Customers are people; their language stays at Stripe."""
from app.connections import Envelope
from app.spine.facts import PersonFact, PersonRef

from ...reading import moment, text
from ..fields import own_id


def facts(envelope: Envelope) -> list[PersonFact]:
    data = envelope.data
    country = text(data, "address.country", "shipping.address.country")
    who = PersonRef(email=text(data, "email"), name=text(data, "name"), phone=text(data, "phone"),
                    country=country if country and len(country) == 2 else None, stripe=own_id(data, "customer"))
    return [PersonFact(who=who, at=envelope.occurred_at, since=moment(data.get("created")))]
