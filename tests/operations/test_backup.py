"""A copy of everything, sealed, put back, and compared; and what a restore must not bring back."""
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.accounts import open_account
from app.kit import clock
from app.people import Person, erase, meet
from app.spine import backup
from app.spine.backup import databases, sealed
from app.spine.db import across_accounts, as_account, db
from app.spine.facts import PaymentFact, PersonRef, absorb
from app.spine.keeping import last_copy
from tests.conftest import empty
from tests.test_migrations import on_new_database

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def harbor(migrated):
    """Harbor with Ana, who paid twice, and Bo."""
    db.session.remove()
    with db.engine.begin() as connection:
        empty(connection)
    account = open_account("harbor")
    db.session.commit()
    with as_account(account.id):
        for number in (1, 2):
            absorb(PaymentFact(PersonRef(email="ana@example.test", name="Ana"), f"pay_{number}", "paid", AT, AT, 4900,
                               "USD"), "whop")
        meet(PersonRef(email="bo@example.test", name="Bo"), "whop")
        db.session.commit()
    yield migrated
    db.session.remove()


def names() -> list:
    with across_accounts():
        return sorted(filter(None, db.session.scalars(select(Person.name))))


def run(app, *args):
    db.session.remove()                          # a command is a process of its own
    return app.test_cli_runner().invoke(args=[str(arg) for arg in args])


def test_what_was_lost_comes_back_to_the_last_row_and_cent(harbor):
    told = json.loads(run(harbor, "backup").output)
    assert told["bytes"] > 10_000 and last_copy()["how"] == "restored and compared"
    before = databases.counts(db.engine)
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(text("delete from payments"))
        connection.execute(text("update people set name = 'Nobody'"))
    assert names() == ["Nobody", "Nobody"]
    db.session.remove()
    done = run(harbor, "restore", told["file"], "--yes")
    assert done.exit_code == 0, done.output
    assert names() == ["Ana", "Bo"]
    after = databases.counts(db.engine)
    assert after["payments"] == before["payments"] and after["payments"][0] == 2 and 9800 in after["payments"]


def test_who_was_erased_after_the_copy_stays_erased(harbor):
    copy = json.loads(run(harbor, "backup").output)["file"]
    with across_accounts():
        ana = db.session.scalar(select(Person).where(Person.email == "ana@example.test"))
    with as_account(ana.account_id):
        erase(ana)
        db.session.commit()
    db.session.remove()
    assert run(harbor, "restore", copy, "--yes").exit_code == 0
    assert names() == ["Bo"]


def test_a_copy_comes_back_into_a_new_database(harbor, tmp_path):
    """The machine is lost: nothing is left but the file and the keys."""
    copy = json.loads(run(harbor, "backup", "--to", tmp_path).output)["file"]
    with on_new_database(tmp_path) as fresh:
        done = run(fresh, "restore", copy)
        assert done.exit_code == 0, done.output
        assert names() == ["Ana", "Bo"]
        db.session.remove()


def test_restoring_asks_first_when_there_is_something_to_lose(harbor):
    copy = json.loads(run(harbor, "backup").output)["file"]
    said = run(harbor, "restore", copy)
    assert said.exit_code == 1 and "gives way" in said.output and names() == ["Ana", "Bo"]


def test_a_copy_says_nothing_without_the_key(harbor, tmp_path, monkeypatch):
    path = backup.take(tmp_path)
    assert b"ana@example" not in path.read_bytes() and b"SQLite format" not in path.read_bytes()
    monkeypatch.setitem(harbor.config, "SECRET_KEY", "another key than the one it was made with")
    said = run(harbor, "restore", path, "--yes")
    assert said.exit_code == 1 and "was sealed with the key" in said.output


def test_a_spoilt_copy_is_refused_and_nothing_is_lost(harbor):
    path = backup.take()
    raw = path.read_bytes()
    for spoilt, words in ((raw[:-40], "cut off"), (raw[:300] + b"x" + raw[301:], "changed"), (b"", "no copy"),
                          (raw[:len(raw) // 2], "cut off")):
        path.write_bytes(spoilt)
        said = run(harbor, "restore", path, "--yes")
        assert said.exit_code == 1 and words in said.output
        assert names() == ["Ana", "Bo"]


def test_the_drill_says_how_long_it_takes(harbor):
    told = json.loads(run(harbor, "drill").output)
    assert told["how"] == "restored and compared" and told["taken_seconds"] >= 0 <= told["restored_seconds"]


def test_seven_days_four_weeks_and_six_months_are_kept(app, tmp_path):
    start = clock.real_now().replace(hour=3)
    for days in range(400):
        at = start - timedelta(days=days)
        (tmp_path / f"revenueangel-{at:{backup.STAMP}}{backup.SUFFIX}").write_bytes(b"x")
    backup.thin_out(tmp_path)
    left = sorted(tmp_path.iterdir())
    assert 12 <= len(left) <= 17
    assert (start - backup.taken_at(left[0])).days > 120 and backup.taken_at(left[-1]).date() == start.date()


def test_pieces_of_a_sealed_file_cannot_be_swapped(app, tmp_path):
    with app.app_context(), (tmp_path / "a").open("wb") as file:
        sealed.write(file, b"first", [b"x" * sealed.PIECE, b"y" * sealed.PIECE])
    raw = (tmp_path / "a").read_bytes()
    head = raw.index(b"RAB1") + 5 + raw[4] + 8
    first, size = head + 5 + 5 + 16, sealed.PIECE + 16 + 5
    swapped = raw[:first] + raw[first + size:first + 2 * size] + raw[first:first + size] + raw[first + 2 * size:]
    (tmp_path / "b").write_bytes(swapped)
    with (tmp_path / "b").open("rb") as file, pytest.raises(sealed.Damaged):
        list(sealed.read(file))


def test_a_copy_is_of_one_moment_while_others_write(harbor):
    """A writer that adds pairs never has half of one in the copy."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("pg_dump reads the exported snapshot the counts were taken in")
    with databases.snapshot(db.engine) as (counts, pieces):
        raw = b"".join(pieces)
    path = harbor.config["DATA_DIR"] / "seen.db"
    path.write_bytes(raw)
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("select count(*) from people").fetchone()[0] == counts["people"][0] == 2
