"""Leaving: ninety days in which nothing is sent and everything may still be kept, then nothing is left."""
from datetime import timedelta

from sqlalchemy import MetaData, select

from app.accounts import Account, Seat, User
from app.accounts.chain import verify
from app.accounts.closing import remove_closed
from app.kit.clock import frozen, now
from app.messaging import Message, Sending, Template, send
from app.people import meet
from app.spine.db import across_accounts, as_account, db, serve
from app.spine.facts import PersonRef
from app.spine.jobs import drain


def rows_naming(words: str) -> list:
    tables = MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
        return [name for name, table in tables.tables.items()
                for row in connection.execute(select(table)) if words in repr(tuple(row))]


def test_closing_stops_sending_and_can_be_taken_back(desk, account):
    ana = meet(PersonRef(email="ana@closing.test", name="Ana"), "whop")
    letter = Template(name="Hi", category="transactional", channel="sandbox", subject="Hi", body="Good to see you.")
    db.session.add(letter)
    db.session.commit()
    wrong = desk.post("/settings/closing", data={"name": "Rival"})
    assert wrong.status_code == 422 and "Write the name" in wrong.text
    assert desk.post("/settings/closing", data={"name": account.name}).status_code == 303
    assert "This account closes on" in desk.get("/people").text and Sending.of().stopped()
    assert not Sending.of().paused                # saving the settings meanwhile pauses nothing for good
    send(ana, letter, dedupe_key="k")
    db.session.commit()
    drain()
    serve(account.id)
    assert db.session.scalar(select(Message.state)) == "queued"
    assert desk.post("/settings/closing/removal").status_code == 303
    assert "This account closes on" not in desk.get("/people").text
    db.session.expire_all()
    assert not Sending.of().stopped() and verify(db.session, account.id) == []


def test_after_ninety_days_nothing_is_left_and_the_neighbour_has_everything(app, desk, account, other_account):
    with as_account(other_account.id):
        meet(PersonRef(email="bo@rival.test", name="Bo"), "whop")
        db.session.commit()
    ana = meet(PersonRef(email="ana@closing.test", name="Ana"), "whop")
    ana.note("Left for good.")
    db.session.commit()
    desk.post("/settings/closing", data={"name": account.name})
    for days, there in ((89, True), (91, False)):
        with frozen(now() + timedelta(days=days)):
            remove_closed()
            db.session.commit()
        with across_accounts():
            assert (db.session.scalar(select(Account.id).where(Account.slug == "harbor")) is not None) is there
        db.session.rollback()
    assert rows_naming("ana@closing.test") == rows_naming("Left for good.") == rows_naming("olu@harbor.test") == []
    assert "people" in rows_naming("bo@rival.test")


def test_somebody_with_another_seat_keeps_their_sign_in(app, desk, account, other_account):
    with across_accounts():
        olu = db.session.scalar(select(User).where(User.email == "olu@harbor.test"))
        olu.seats.append(Seat(account_id=other_account.id, role="company_user"))
        db.session.commit()
    done = app.test_cli_runner().invoke(args=["account", "delete", "harbor", "--yes"])
    assert done.exit_code == 0, done.output
    assert rows_naming("olu@harbor.test") == ["users"]


def test_only_an_owner_closes(visitor_desk):
    assert visitor_desk.get("/settings/closing").status_code == 403
    assert visitor_desk.post("/settings/closing", data={"name": "Harbor Run Club"}).status_code == 403
