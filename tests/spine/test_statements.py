"""What is asked thousands of times: compiled once, read again from the cache, and never all of an account."""
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.exc import IntegrityError

from app.automations import Automation
from app.connections import Connection, Delivery
from app.people import Identity, Person, meet
from app.spine.compiled import Compiled
from app.spine.db import db, insert_once, is_postgres
from app.spine.facts import PersonRef
from app.spine.jobs import drain
from app.spine.prepared import Prepared, many, one
from tests.connections.conftest import payment
from tests.wire import sign_whop

AT = datetime(2026, 3, 1, tzinfo=UTC)
BIG = {"people", "events", "payments", "memberships", "messages", "deliveries", "identities", "enrollments"}
NAMED = Prepared(lambda: select(Person.name, Person.custom, Person.joined_at, Person.total_spent).where(
    Person.email.in_(many("emails")), Person.stage == one("stage"), Person.total_spent.in_([0, 7])))


@pytest.fixture
def told():
    """Every statement from here on: (its text, its values, what the cache said of it)."""
    seen = []

    def note(_connection, _cursor, text, values, context, _many):
        seen.append((text, values, context.cache_hit if context and context.compiled else None))
    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_values_go_in_and_come_out_as_their_columns_say(account):
    ana = meet(PersonRef(email="ana@example.test", name="Ana"), "whop")
    ana.custom, ana.joined_at, ana.total_spent = {"shoe": 42}, AT, 7
    meet(PersonRef(email="bo@example.test", name="Bo"), "whop")
    found = NAMED(emails=["ana@example.test", "nobody@example.test"], stage=ana.stage).all()
    assert [tuple(row) for row in found] == [("Ana", {"shoe": 42}, AT, 7)] and found[0].joined_at == AT
    assert len(NAMED(emails=["ana@example.test", "bo@example.test"], stage=ana.stage)) == 2
    assert NAMED(emails=[], stage=ana.stage).scalar() is None


def test_an_error_of_the_driver_is_sqlalchemys(account):
    with pytest.raises(IntegrityError), db.session.begin_nested():
        insert_once(Identity, ("account_id", "kind", "value"), person_id=987654, kind="email", value="x", source="app")
    assert db.session.scalar(select(Identity.id)) is None               # the session goes on


def test_rows_that_a_commit_let_go_of_are_read_again_without_compiling(account, told):
    meet(PersonRef(email="ana@example.test", name="Ana"), "whop")
    ana = db.session.scalar(select(Person).where(Person.email == "ana@example.test"))
    for _ in range(3):
        db.session.commit()
        assert ana.name == "Ana"
    told.clear()
    for _ in range(3):
        db.session.commit()
        assert ana.name == "Ana"
    assert [hit for _, _, hit in told if hit is not None] == [CacheStats.CACHE_HIT] * 3


def test_a_delivery_never_reads_all_of_an_account(app, account, told, monkeypatch):
    """On an installation that knows nothing of its data yet, each question still goes by what it is about."""
    if is_postgres():
        pytest.skip("Postgres counts its rows by itself")
    whop = Connection.add("whop", account.id, "Whop", webhook_secret="ws_plans")
    Automation.make("Greet", "rule", {"trigger": {"kind": "payment.succeeded"}, "audience": None,
                                      "steps": [{"id": "note", "do": "add_note", "body": "Hi."}]}).switch_on()
    db.session.commit()
    straight, given = [], Compiled.given
    monkeypatch.setattr(Compiled, "given", lambda made, values: straight.append((made.text, given(made, values)))
                        or straight[-1][1])
    raw = json.dumps(payment("pay_1")).encode()
    assert app.test_client().post(whop.webhook_path, data=raw, headers=sign_whop("ws_plans", "msg_1", raw)
                                  ).status_code == 202
    drain()
    asked = [(text, values) for text, values in (*straight, *(line[:2] for line in told)) if
             text.startswith("SELECT") and "account_id = ?" in text]          # sweeps look at everybody once a while
    plans = db.session.connection().connection.driver_connection
    if plans.execute("select 1 from sqlite_master where name = 'sqlite_stat1'").fetchone():
        plans.execute("delete from sqlite_stat1")
        plans.execute("analyze sqlite_schema")
    assert len(asked) > 20 and db.session.scalar(select(Delivery.state)) == "processed"
    for text, values in asked:
        for *_, step in plans.execute("EXPLAIN QUERY PLAN " + text, values):
            table = step.split()[1]
            assert table not in BIG or (step.startswith("SEARCH") and "(account_id=?)" not in step), (step, text)
