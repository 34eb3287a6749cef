"""What is left to the worker."""
from sqlalchemy import select

from app.people import CustomField, Person, valued
from app.spine.db import db
from app.spine.jobs import job

STRIDE = 500


@job(queue="books")
def forget_field(account_id: int, key: str) -> None:
    """Take the values of a deleted field off everybody, unless somebody has made it again."""
    if CustomField.find(key) is not None:
        return
    while people := db.session.scalars(select(Person).where(valued(key)).order_by(Person.id).limit(STRIDE)).all():
        for person in people:
            person.custom = {name: value for name, value in person.custom.items() if name != key}
        db.session.commit()
