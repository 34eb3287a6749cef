"""What the door hears: a person erased is not to be read again in an answer kept for a repeated call."""
from sqlalchemy import delete

from app.people import Person
from app.spine.db import db
from app.spine.events import hears
from app.spine.keeping import keeps

from .door import IdempotentCall

keeps("Answers to calls with an Idempotency-Key", IdempotentCall, "began_at", 7)


@hears("person.erased")
def forget_answers(event) -> None:
    person = db.session.get(Person, event.person_id)
    for word in filter(None, (person.public_id, person.email, person.phone)):
        db.session.execute(delete(IdempotentCall).where(IdempotentCall.body.icontains(word, autoescape=True))
                           .execution_options(synchronize_session=False))
