"""The chain of migrations: up, down and up again with rows in the tables, and no difference to the models."""
import hashlib
import os
from contextlib import contextmanager

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, create_engine, inspect, select, text

from app import create_app
from app.accounts import Account, open_account
from app.people import Person, meet
from app.spine.db import db, serve
from app.spine.facts import PersonRef
from tests.wire import own_database


@pytest.fixture
def empty(tmp_path):
    """An application on a database without tables."""
    with on_new_database(tmp_path) as app:
        yield app


@contextmanager
def on_new_database(tmp_path):
    with own_database("migrations", f"sqlite:///{tmp_path / 'migrations.db'}") as url:
        app = create_app(SQLALCHEMY_DATABASE_URI=url, DATABASE_URL=url, TESTING=True, DATA_DIR=tmp_path,
                         SECRET_KEY="a key for the migrations")
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def in_the_models(_object, name, *_more) -> bool:
    """What search keeps beside the models: app/people/models/indexes.py."""
    return not (name or "").startswith("people_words")


def tables() -> set:
    with db.engine.connect() as connection:
        names = inspect(connection).get_table_names()
    return {name for name in names if in_the_models(None, name)} - {"alembic_version"}


def fill() -> None:
    """Rows with parents, children and grandchildren."""
    account = open_account("harbor")
    person = meet(PersonRef(email="ana@example.test", name="Ana"), "whop")
    person.tag("VIP")
    person.note("Likes mornings.")
    db.session.commit()
    assert account.id


def test_up_with_nothing_missing(empty):
    upgrade()
    assert tables() == set(db.metadata.tables)
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    with db.engine.connect() as connection:
        options = {"compare_type": False, "include_object": in_the_models}
        context = MigrationContext.configure(connection, opts=options)
        found = [change for change in compare_metadata(context, db.metadata) if change[0] != "modify_default"]
    assert found == []


def test_down_and_up_again_with_rows_in_the_tables(empty):
    upgrade()
    fill()
    assert db.session.scalar(db.select(db.func.count()).select_from(Person)) == 1
    db.session.remove()
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    fill()
    assert db.session.scalar(db.select(db.func.count()).select_from(Person)) == 1


def rows() -> dict:
    """Table name -> a fingerprint of its rows as the database gives them."""
    found = MetaData()
    found.reflect(db.engine)
    with db.engine.connect() as connection:
        return {name: hashlib.sha256(repr(sorted(map(repr, connection.execute(select(table))))).encode()).hexdigest()
                for name, table in found.tables.items() if name in db.metadata.tables}


def test_every_step_down_and_up_leaves_each_row_as_it_was(empty):
    upgrade()
    fill()
    db.session.remove()
    before = rows()
    assert len({*before.values()}) > 5
    downgrade(revision="0001")
    upgrade()
    assert rows() == before
    serve(db.session.scalar(select(Account.id)))
    assert db.session.scalar(select(Person)).name == "Ana"


@pytest.mark.skipif(bool(os.environ.get("TEST_DATABASE_URL")), reason="only SQLite files are copied")
def test_a_copy_of_the_file_is_kept_before_it_is_changed(empty, tmp_path):
    upgrade()
    fill()
    db.session.remove()
    downgrade(revision="base")
    [copy] = tmp_path.glob("migrations-before-*.db")
    held = create_engine(f"sqlite:///{copy}")
    with held.connect() as connection:
        assert connection.execute(text("select count(*) from people")).scalar() == 1
