"""Products and prices as they are listed."""
from app.connections import Envelope
from app.spine.facts import PlanFact, ProductFact

from ...reading import moment, text
from ..fields import own_id, price_ref


def product(envelope: Envelope) -> list[ProductFact]:
    """A product; one put away keeps its name for those who bought it."""
    data = envelope.data
    name = text(data, "name")
    at = moment(data.get("updated")) or envelope.occurred_at
    return [ProductFact(own_id(data, "product"), name, at)] if name else []


def price(envelope: Envelope) -> list[PlanFact]:
    return [PlanFact(price_ref(envelope.data), envelope.occurred_at)] if own_id(envelope.data, "price") else []
