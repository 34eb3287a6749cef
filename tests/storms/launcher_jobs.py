"""A job with an effect that can be counted: one person, one note and one tag for a number."""
import time

from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef
from app.spine.jobs import job


@job
def mark(number):
    person = meet(PersonRef(email=f"job{number}@worker.test"), "worker")
    person.note(f"run {number}")
    person.tag("seen")
    db.session.flush()
    time.sleep(0.05)
