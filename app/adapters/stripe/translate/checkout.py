"""A finished checkout: who it was, and the payment, with our own reference when the link carried one."""
from app.connections import Envelope
from app.spine.facts import Fact, PaymentFact, PersonFact

from ...reading import id_of, text
from ..fields import MONEY_RANK, currency_of, minor, reference, stamped, who

STATUS = {"paid": "paid", "unpaid": "pending"}


def facts(envelope: Envelope) -> list[Fact]:
    """Both facts, or only the person when nothing was charged (trials, card set-up); an expired one says nothing."""
    data, person = envelope.data, who(envelope.data)
    if envelope.kind.endswith(".expired"):
        return []
    found = [PersonFact(who=person, at=envelope.occurred_at)] if person else []
    ids = [one for one in (id_of(data, "invoice"), id_of(data, "payment_intent")) if one]
    status = STATUS.get(text(data, "payment_status"))
    if envelope.kind.endswith("async_payment_failed"):
        status = "failed"
    amount = minor(data, "amount_total")
    if status is None or not ids or not amount:
        return found
    return [*found, PaymentFact(
        who=person, external_id=ids[0], aliases=tuple(ids[1:]), status=status,
        version=stamped(envelope, MONEY_RANK[status]), at=envelope.occurred_at, amount=amount,
        currency=currency_of(data), membership_id=id_of(data, "subscription"),
        reason="initial" if text(data, "mode") == "subscription" else "one_time",
        reference=reference(data) or text(data, "client_reference_id"), test=envelope.test)]
