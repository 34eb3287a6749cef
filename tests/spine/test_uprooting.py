"""Rows that go with all that hangs on them, and nothing of anybody else's."""
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.people import Identity, Note, Person, Tagging, meet
from app.spine.db import as_account, db, is_postgres
from app.spine.events import Event
from app.spine.facts import PersonRef
from app.spine.uprooting import keyless, uproot


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def people(account) -> list[Person]:
    made = [meet(PersonRef(email=f"{name}@x.example", name=name), "whop") for name in ("ana", "bo", "cy")]
    for one in made:
        one.tag("VIP")
        one.note("Here.")
    made[1].merged_into_id = made[0].id
    db.session.commit()
    return made


def test_children_go_and_pointers_are_emptied(people):
    gone, left = people[0].id, people[1].id
    before = [count(model) for model in (Event, Identity, Tagging, Note)]
    db.session.commit()
    keyless()
    uproot(Person, [gone])
    db.session.commit()
    assert count(Person) == 2 and db.session.get(Person, left).merged_into_id is None
    assert [count(model) for model in (Event, Identity, Tagging, Note)] == [number * 2 // 3 for number in before]
    if not is_postgres():
        assert db.session.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_the_next_transaction_looks_at_keys_again(people):
    keyless()
    uproot(Person, [people[2].id])
    db.session.commit()
    db.session.add(Note(person_id=999_999, body="Nobody's."))
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()
    if not is_postgres():
        assert db.session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    else:
        found = db.session.connection().execute(text("SELECT current_setting('session_replication_role')")).scalar()
        assert found == "origin"


def test_nobody_elses(people, other_account):
    with as_account(other_account.id):
        uproot(Person, [one.id for one in people])
        db.session.commit()
    assert count(Person) == 3
