"""Members and waitlist entries."""
from app.connections import Envelope
from app.spine.facts import PersonFact

from ...reading import first, id_of, moment, text
from ..fields import named, times, who


def member(envelope: Envelope) -> list[PersonFact]:
    """A member; none for the technical member an installed app leaves behind (no user, no email)."""
    data = envelope.data
    if data.get("user") is None and not text(data, "email", "user_id"):
        return []
    data = {**data, "member_id": text(data, "id")}
    return [PersonFact(who=named(data), at=envelope.occurred_at, joined_at=moment(data.get("joined_at")),
                       last_active_at=moment(data.get("last_accessed_at")), left=left(data),
                       since=moment(data.get("created_at")))]


def left(data: dict) -> bool | None:
    """Whether they have no access left; None when it does not say."""
    status = text(data, "status")
    if status in ("joined", "left"):
        return status == "left"
    return data.get("access_level") == "no_access" if data.get("access_level") else None


def entry(envelope: Envelope) -> list[PersonFact]:
    """Somebody on a waitlist is a lead, even one who was denied: they wanted in. A deleted entry says nothing."""
    data = envelope.data
    if envelope.kind.endswith(".deleted") or not who(data):
        return []
    product = text(data, "product.title") or id_of(data, "product")
    kept = {"waitlist": text(data, "status"), "waitlist_product": product}
    return [PersonFact(who=who(data), at=moment(first(data, "updated_at")) or times(envelope)[0], lead=True,
                       lead_source="waitlist", custom={name: value for name, value in kept.items() if value})]
