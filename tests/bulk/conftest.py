"""Two dozen people of one account, and one of another."""
import pytest

from app.people import Person
from app.spine.db import as_account, db


@pytest.fixture
def crowd(account, other_account):
    people = [Person(name=f"Person {n:02}", email=f"p{n}@x.example", stage="member" if n % 2 else "lead")
              for n in range(24)]
    db.session.add_all(people)
    with as_account(other_account.id):
        db.session.add(Person(name="Foreign Fay", email="fay@x.example", stage="member"))
        db.session.flush()
    db.session.commit()
    return people
