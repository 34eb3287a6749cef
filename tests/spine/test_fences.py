"""The database itself refuses a row of one account that points at a row of another."""
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.people import Note, meet
from app.spine.db import as_account, db
from app.spine.facts import PersonRef
from app.spine.fences import owned


def pairs():
    """(child, column, parent) of every plain foreign key between owned tables."""
    for table in db.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            if len(key.elements) == 1 and owned(table) and owned(key.referred_table):
                yield table.name, key.column_keys[0], key.referred_table.name


def test_every_key_between_owned_tables_has_its_fence(app):
    fences = {(table.name, key.column_keys[1], key.referred_table.name) for table in db.metadata.sorted_tables
              for key in table.foreign_key_constraints if len(key.elements) == 2}
    assert fences == set(pairs()) and len(fences) > 40


def test_a_note_cannot_be_tied_to_somebody_elses_person(account, other_account):
    with as_account(other_account.id):
        bo = meet(PersonRef(email="bo@example.test"), "whop")
        db.session.commit()
    db.session.add(Note(person_id=bo.id, body="a bug upstairs"))
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()
    assert db.session.scalars(select(Note)).all() == []


def test_a_person_still_goes_with_everything_that_hangs_on_them(account):
    ana = meet(PersonRef(email="ana@example.test"), "whop")
    ana.note("Likes mornings.")
    ana.tag("VIP")
    db.session.commit()
    db.session.delete(ana)
    db.session.commit()
    assert db.session.scalars(select(Note)).all() == []
