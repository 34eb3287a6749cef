"""The dashboard's answer is kept until anything is committed, and never crosses accounts."""
import threading

import pytest

from app.people import Person
from app.spine import memory
from app.spine.db import as_account, db, is_postgres


@pytest.fixture(autouse=True)
def nothing_kept(app):
    if is_postgres():
        pytest.skip("whoever else writes to this Postgres server makes every answer new")
    memory._kept.clear()


def asked(program, path="/analytics/dashboard"):
    answer = program.get(path)
    assert answer.status_code == 200
    return answer.headers["X-Cache"], answer.json


def test_the_same_question_twice_is_answered_from_memory(program):
    asked(program)                       # the first use of a token is written down
    first, second = asked(program), asked(program)
    assert (first[0], second[0]) == ("MISS", "HIT") and first[1] == second[1]
    assert asked(program, "/analytics/dashboard?from=2026-01-01&to=2026-02-01")[0] == "MISS"


def test_whatever_is_committed_makes_it_ask_again(program, account):
    asked(program)
    assert [asked(program)[0], asked(program)[0]] == ["MISS", "HIT"]
    db.session.add(Person(name="Ana"))
    db.session.commit()
    assert [asked(program)[0], asked(program)[0]] == ["MISS", "HIT"]

    account_id = account.id
    db.session.commit()

    def elsewhere():
        with program.client.application.app_context(), as_account(account_id):
            db.session.add(Person(name="Bo"))
            db.session.commit()
            db.session.remove()
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert asked(program)[0] == "MISS"


def test_what_is_kept_belongs_to_one_account(app, account, other_account):
    with app.test_request_context("/"):
        memory.note_mark()
        with as_account(account.id):
            assert memory.remembered("it", 1, lambda: "Harbor's") == ("Harbor's", False)
        with as_account(other_account.id):
            assert memory.remembered("it", 1, lambda: "Rival's") == ("Rival's", False)
        with as_account(account.id):
            assert memory.remembered("it", 1, lambda: "made again") == ("Harbor's", True)
            assert memory.remembered("it", 2, lambda: "another question") == ("another question", False)


def test_no_more_is_kept_than_there_is_room_for(app, account):
    with app.test_request_context("/"):
        memory.note_mark()
        for number in range(memory.MOST + 5):
            memory.remembered("it", number, lambda: "x")
        assert len(memory._kept) == memory.MOST
