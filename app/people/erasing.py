"""Forgetting a person: who they were goes at once; the money rows stay, without a name."""
from sqlalchemy import delete, select, update

from app.connections import Delivery
from app.kit.clock import now
from app.spine.db import db
from app.spine.events import CATALOGUE, Event, record

from .meeting import DETAILS
from .models import Identity, MergeSuggestion, Note, Person, Tagging

KEPT = ("payment", "membership")             # groups of events that carry no name and that the books rest on


def erase(person: Person) -> None:
    """Details, identities, tags, notes, activity and the webhooks that name them. Others hear `person.erased` first,
    while the address is still known, so that it can be suppressed."""
    if person.erased_at is not None:
        return
    record("person.erased", person)
    for text in {person.email, *db.session.scalars(select(Identity.value).where(Identity.person_id == person.id))}:
        if text and len(text) > 5:
            _forget(update(Delivery).where(Delivery.body.contains(text, autoescape=True)).values(
                body=None, headers={}, outcome={}))
    kept = [name for name, kind in CATALOGUE.items() if kind.group in KEPT]
    _forget(delete(Event).where(Event.person_id == person.id, Event.kind.not_in(kept)))
    for model in (Identity, Note, Tagging):
        _forget(delete(model).where(model.person_id == person.id))
    _forget(delete(MergeSuggestion).where((MergeSuggestion.person_id == person.id)
                                          | (MergeSuggestion.other_id == person.id)))
    for name in (*DETAILS, "locale", "lead_source", "cancel_reason", "assigned_to"):
        setattr(person, name, None)
    person.custom, person.told, person.counted, person.erased_at = {}, {}, {}, now()


def _forget(statement) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
