"""messages.csv: what another tool sent."""
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.connections import importing
from app.kit import clock
from app.messaging import Message, MessageEvent, send
from app.people import Person, members
from app.spine.db import db
from app.spine.jobs import drain

from .conftest import a_template

FILE = """touch_id,member_id,playbook,channel,kind,at,is_test
t1,m1,Welcome,email,sent,2026-11-01T10:00:00Z,
t1,m1,Welcome,email,clicked,2026-11-01T11:00:00Z,
t2,m1,Welcome,whop_push,failed,2026-11-02T10:00:00Z,false
t3,m2,Rescue,push,delivered,2026-11-03T10:00:00Z,true
t4,m2,Rescue,pigeon,sent,2026-11-03T10:00:00Z,
t5,,Rescue,push,sent,2026-11-03T10:00:00Z,
t6,m2,Rescue,push,read,2026-11-03T10:00:00Z,
"""


@pytest.fixture
def file(tmp_path, account):
    path = tmp_path / "messages.csv"
    path.write_text(FILE)
    return str(path)


def test_messages_come_in_once_and_bad_rows_stay_out(file):
    done = importing.run("messages", file)
    assert (done.created, done.updated, done.skipped) == (3, 1, 3)
    assert [error["row"] for error in done.errors] == [6, 7, 8] or [e["row"] for e in done.errors] == [5 + 1, 7, 8]
    rows = {row.dedupe_key: row for row in db.session.scalars(select(Message))}
    first = rows["import:t1"]
    assert (first.state, first.sent_at.hour, first.clicked_at.hour) == ("delivered", 10, 11)
    assert (first.playbook, first.channel, rows["import:t2"].channel) == ("Welcome", "email", "push")
    assert rows["import:t2"].state == "failed" and rows["import:t2"].sent_at is None
    assert rows["import:t3"].is_test and rows["import:t3"].delivered_at
    assert db.session.scalar(select(MessageEvent.kind)) == "clicked"
    again = importing.run("messages", file)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
    assert len(db.session.scalars(select(MessageEvent)).all()) == 1


def test_imported_messages_count_towards_the_limits_and_are_not_sent_again(file, post):
    importing.run("messages", file)
    person = db.session.get(Person, members(["m1"])["m1"])
    person.email, person.stage = "m1@example.com", "member"
    first = db.session.scalar(select(Message).where(Message.dedupe_key == "import:t1"))
    first.attempted_at = datetime(2026, 11, 18, 16, tzinfo=UTC)
    with clock.frozen(datetime(2026, 11, 18, 17, tzinfo=UTC)):
        sent = [send(person, a_template(name=str(n)), dedupe_key=str(n)) for n in range(2)]
        db.session.commit()
        drain()
        assert [(m.state, m.reason) for m in sent] == [("sent", None), ("queued", "cap")] and len(post.parcels) == 1
