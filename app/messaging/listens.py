"""Files that messaging takes in, jobs that nobody else imports, and what it hears."""
from sqlalchemy import select

from app.people import Person
from app.spine.db import db
from app.spine.events import hears

from . import imports, previews  # noqa: F401 - they register themselves
from .models import Message, suppress


@hears("person.erased")
def forget(event) -> None:
    """Nothing more goes out, the words that went are blanked, and the address is never written to again."""
    person = db.session.get(Person, event.person_id)
    for message in db.session.scalars(select(Message).where(Message.person_id == event.person_id)):
        message.cancel("erased", "The person was erased.")
        message.address = message.subject = message.body_text = message.body_html = None
        message.variables = {}
    if person.email:
        suppress(person.email, "email", "all", "erasure")
