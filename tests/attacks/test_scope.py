"""The fence around an account's rows, tried from every side: by statement, by object, by value, in our own code."""
import ast
import gc
from pathlib import Path

import pytest
from sqlalchemy import BinaryExpression, Select, delete, exists, func, insert, select, text, union_all, update
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import aliased
from sqlalchemy.sql import visitors

from app.people import Person, Tag
from app.spine.db import (
    NoAccount,
    Owned,
    WrongAccount,
    across_accounts,
    add_once,
    as_account,
    db,
    insert_once,
    serve,
    upsert,
)
from app.spine.prepared import Prepared
from app.spine.scope import NotFenced, owned_tables

from .seed import KNOWN, owned_models, plant

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(scope="module")
def models(application):
    with application.app_context():
        return owned_models()


@pytest.fixture
def two(account, other_account):
    """Harbor and Rival, each with a row of everything; Harbor is served."""
    planted = plant(account, "Harborside"), plant(other_account, "Quillfeather")
    serve(account.id)
    return planted


def test_every_owned_model_is_planted_for_both(two, models):
    for planted in two:
        with as_account(planted.account.id):
            missing = [name for name, model in models.items() if not db.session.scalar(select(func.count(model.id)))]
        assert missing == []
    assert set(KNOWN) <= set(models), "a table that is gone is still planted"


def test_no_model_of_the_other_account_is_reached(two, models):
    """Read, counted, joined, updated, deleted, added and refreshed across, for each model."""
    _, theirs = two
    for name, model in models.items():
        row_id = theirs[name].id
        other = aliased(model)
        assert db.session.get(model, row_id) is None, name
        for statement in (select(model).where(model.id == row_id), select(model.id).where(model.id == row_id),
                          select(other.id).where(other.id == row_id),
                          select(select(model.id).where(model.id == row_id).subquery().c.id),
                          union_all(select(model.id).where(model.id == row_id), select(model.id).where(
                              model.id == row_id))):
            assert db.session.execute(statement).all() == [], name
        assert db.session.scalar(select(exists().where(model.id == row_id))) is False, name
        assert db.session.scalar(select(func.count()).select_from(
            select(model).where(model.id == row_id).subquery())) == 0, name
        quiet = {"synchronize_session": False}
        changed = update(model).where(model.id == row_id).values(created_at=theirs[name].created_at)
        assert db.session.execute(changed.execution_options(**quiet)).rowcount == 0, name
        assert db.session.execute(delete(model).where(model.id == row_id).execution_options(**quiet)).rowcount == 0


def test_no_row_is_written_into_the_other_account(two, models):
    mine, theirs = two
    for name, model in models.items():
        columns = {column.key: getattr(theirs[name], column.key) for column in model.__mapper__.column_attrs
                   if column.key not in ("id", "public_id", "token", "key")}
        with pytest.raises(WrongAccount):
            db.session.add(model(**columns))
            db.session.flush()
        db.session.rollback()
        moved = {"account_id": theirs.account.id}
        for statement, rows in ((insert(model).values(**columns), None), (insert(model), [columns]),
                                (insert(model).values([columns, columns]), None),
                                (update(model).values(**moved), None)):
            with pytest.raises(WrongAccount):
                db.session.execute(statement, *([rows] if rows else []))
        with pytest.raises(NotFenced):
            db.session.execute(update(model), [{"id": theirs[name].id, **moved}])
        own = db.session.get(model, mine[name].id)
        own.account_id = theirs.account.id
        with pytest.raises(WrongAccount):
            db.session.flush()
        db.session.rollback()


def test_an_object_loaded_for_another_account_is_let_go(two, models):
    _, theirs = two
    for name, model in models.items():
        with across_accounts():
            loaded = db.session.get(model, theirs[name].id)
            assert loaded is not None, name
        assert loaded not in db.session and db.session.get(model, theirs[name].id) is None, name
        with pytest.raises(InvalidRequestError):
            db.session.refresh(loaded)
        with pytest.raises((InvalidRequestError, WrongAccount)):
            db.session.delete(loaded)
            db.session.flush()
        db.session.rollback()


def test_plain_tables_and_text_are_refused(two, models):
    for model in models.values():
        table = model.__table__
        for statement in (select(table.c.id), select(func.count()).select_from(table), update(table).values(id=0),
                          select(table.alias().c.id), delete(table), insert(table).values(id=0),
                          select(select(table.c.id).subquery().c.id)):
            with pytest.raises((NotFenced, WrongAccount)):
                db.session.execute(statement)
        with pytest.raises(NotFenced):
            db.session.execute(text(f"select id from {table.name}"))


def test_without_an_account_nothing_is_read_or_written(app, two, models):
    serve(None)
    for name, model in models.items():
        for statement in (select(model), select(model.__table__), insert(model).values(id=0), delete(model),
                          text(f"select * from {name}")):
            with pytest.raises((NoAccount, NotFenced)):
                db.session.execute(statement)
        with pytest.raises(NoAccount):
            db.session.add(model(account_id=two[0].account.id))
            db.session.flush()
        db.session.rollback()


def test_the_installation_serves_everybody_only_where_it_says_so(two):
    with across_accounts():
        assert db.session.scalar(select(func.count()).select_from(Person).where(Person.stage == "member")) == 2
    assert db.session.scalar(select(func.count()).select_from(Person).where(Person.stage == "member")) == 1


AROUND = {"__table__", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}
TRUSTED = {"spine/db.py", "spine/prepared.py",      # they put the account in themselves, see the tests beside this one
           "spine/commands.py",                     # asks which migration the database is at
           "spine/privacy.py",                      # reads the names of columns
           "accounts/chain.py"}                     # keeps the trail's tip among the installation's own values


def around(tree):
    """Lines that speak to the database past the session; hanging a trigger on a table is no statement."""
    listened = {id(argument) for node in ast.walk(tree) if isinstance(node, ast.Call)
                and getattr(node.func, "attr", "") == "listen" for argument in node.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in AROUND and id(node) not in listened:
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "connection" and "session" in ast.unparse(node.value):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy" and any(
                name.name == "text" for name in node.names):
            yield node.lineno


def test_nothing_in_the_house_goes_around_the_fence():
    found = [f"{path.relative_to(APP)}:{line}" for path in APP.rglob("*.py")
             if str(path.relative_to(APP)) not in TRUSTED for line in around(ast.parse(path.read_text()))]
    assert found == []


def unnarrowed(statement) -> list[str]:
    """Owned tables that some select inside reads without saying for which account."""
    found = []
    for part in visitors.iterate(statement):
        if isinstance(part, Select):
            asked = {leaf.left.table.key if hasattr(leaf.left.table, "key") else leaf.left.table.name
                     for leaf in visitors.iterate(part.whereclause) if isinstance(leaf, BinaryExpression)
                     and getattr(leaf.left, "name", "") == "account_id"} if part.whereclause is not None else set()
            found += [source.name for source in part.get_final_froms()
                      if getattr(source, "name", "") in owned_tables() and source.name not in asked]
    return found


def test_prepared_questions_are_narrowed_too(app):
    """They run past the session's hook, so each says its account itself, in every select inside."""
    known = [one for one in gc.get_objects() if isinstance(one, Prepared)]
    assert len(known) > 5
    for one in known:
        assert unnarrowed(one.statement) == [], str(one.statement)


def test_prepared_questions_answer_for_the_account_served(two):
    mine, theirs = two
    everybody = Prepared(lambda: select(Person.public_id))
    assert theirs.id("people") not in set(everybody().scalars()) and mine.id("people") in set(everybody().scalars())
    serve(None)
    with pytest.raises(NoAccount):
        everybody()


def test_frequent_writes_ask_for_the_account_too(two):
    _, theirs = two
    for verb in (insert_once, add_once):
        with pytest.raises(WrongAccount):
            verb(Tag, ("account_id", "key"), account_id=theirs.account.id, name="x", key="x", colour="slate")
    with pytest.raises(WrongAccount):
        upsert(Tag, ("account_id", "key"), {"account_id": theirs.account.id, "name": "x", "key": "x",
                                            "colour": "slate"}, ("name",))
    serve(None)
    with pytest.raises(NoAccount):
        insert_once(Tag, ("account_id", "key"), name="x", key="x", colour="slate")


EVERYBODY = {"accounts/closing.py": 2, "accounts/commands.py": 2, "accounts/opening.py": 1, "connections/jobs.py": 2,
             "connections/files/imports/jobs.py": 2, "connections/sync/commands.py": 1, "connections/sync/jobs.py": 2,
             "connections/models/connection.py": 1, "demo/commands.py": 1, "messaging/jobs.py": 2,
             "messaging/views/public.py": 1, "onboarding/views/welcome.py": 1, "people/commands.py": 1,
             "people/erasing.py": 2,
             "spine/jobs/__init__.py": 1, "spine/jobs/run.py": 3, "spine/keeping.py": 1, "spine/keys.py": 3,
             "spine/prepared.py": 5}


def test_the_places_that_serve_everybody_are_known():
    """Each of them was read with this question in mind; a new one has to be as well."""
    found = {}
    for path in APP.rglob("*.py"):
        calls = sum(isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("across_accounts", "straight")
                    for node in ast.walk(ast.parse(path.read_text())))
        if calls:
            found[str(path.relative_to(APP))] = calls
    assert found == EVERYBODY


def test_scoped_tables_are_those_with_owners(models):
    assert owned_tables() == frozenset(models) and all(issubclass(model, Owned) for model in models.values())
