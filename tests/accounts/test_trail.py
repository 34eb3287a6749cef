"""The trail of who changed what, by the command line as by people."""
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError
from structlog.testing import capture_logs

from app.accounts.audit import Audit, note
from app.accounts.chain import forget, rewriting, verify
from app.spine.db import across_accounts, db
from app.spine.privacy import pattern

MADE = [(("user", "create", "bo@harbor.test", "--account", "harbor"), {"users", "seats"}),
        (("token", "create", "--account", "harbor"), {"api_tokens"}),
        (("connection", "add", "whop", "--account", "harbor", "--set", "webhook_secret=ws_canary"), {"connections"}),
        (("account", "create", "pier"), {"accounts"})]


@pytest.mark.parametrize(("args", "things"), MADE)
def test_commands_leave_their_line(app, account, args, things):
    done = app.test_cli_runner().invoke(args=args)
    assert done.exit_code == 0, done.output
    with across_accounts():
        rows = db.session.scalars(select(Audit).where(Audit.actor == "command line")).all()
        assert things <= {row.object for row in rows} and {row.action for row in rows} == {"create"}
        assert not any("ws_canary" in str(row.after) or done.output.strip() in str(row.after) for row in rows)
        assert verify(db.session, rows[0].account_id) == []


def test_a_refused_password_is_logged_without_the_address(client, account):
    with capture_logs() as lines:
        client.post("/sign-in", data={"email": "nobody@harbor.test", "password": "wrong"})
    assert "sign_in.failed" in [line["event"] for line in lines] and "nobody@harbor.test" not in str(lines)


def test_exports_and_tags_leave_their_line(desk, account):
    from app.people import meet
    from app.spine.facts import PersonRef
    ana = meet(PersonRef(email="ana@example.test"), "whop")
    db.session.commit()
    assert desk.get("/people/export.csv").status_code == 200
    desk.post(f"/people/{ana.public_id}/tags", data={"name": "VIP"})
    actions = {(row.action, row.object, row.after.get("tag")) for row in db.session.scalars(select(Audit))}
    assert ("export", "people", None) in actions and ("update", "people", "VIP") in actions


def trail(account_id) -> list:
    with across_accounts():
        return db.session.scalars(select(Audit).where(Audit.account_id == account_id).order_by(Audit.id)).all()


@pytest.fixture
def three_lines(desk, account):
    """Olu made Ana's note, tagged her and noted somebody else."""
    from app.people import meet
    from app.spine.facts import PersonRef
    ana = meet(PersonRef(email="anabel@example.test", name="Anabel"), "whop")
    bo = meet(PersonRef(email="bogdan@example.test", name="Bogdan"), "whop")
    db.session.commit()
    desk.post(f"/people/{ana.public_id}/notes", data={"body": "Anabel moved to Lisbon"})
    desk.post(f"/people/{ana.public_id}/tags", data={"name": "VIP"})
    desk.post(f"/people/{bo.public_id}/notes", data={"body": "Bogdan rows on Sundays"})
    assert len(trail(account.id)) >= 3 and verify(db.session, account.id) == []
    return ana


@pytest.mark.parametrize("statement", [update(Audit).values(actor_name="Nobody"), delete(Audit)])
def test_no_statement_changes_or_removes_a_line(three_lines, account, statement):
    with pytest.raises(DatabaseError, match="only added to"):
        db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.rollback()
    assert verify(db.session, account.id) == []


def test_a_line_changed_behind_the_triggers_shows(three_lines, account):
    second = trail(account.id)[1].public_id
    with rewriting(db.session):
        db.session.execute(update(Audit).where(Audit.public_id == second).values(actor_name="x", action="export"))
    db.session.commit()
    assert verify(db.session, account.id) == [second]


def test_a_trail_cut_off_at_the_end_shows(three_lines, account):
    with rewriting(db.session):
        db.session.execute(delete(Audit).where(Audit.id == trail(account.id)[-1].id))
    db.session.commit()
    assert verify(db.session, account.id) == ["the end: lines are missing"]


def test_a_line_taken_back_with_its_savepoint_leaves_no_gap(desk, account):
    db.session.info["actor"] = {"id": "usr_olu", "name": "Olu"}
    note(db.session, "create", "tests", "one")
    db.session.flush()
    try:
        with db.session.begin_nested():
            note(db.session, "create", "tests", "taken back")
            db.session.flush()
            raise LookupError
    except LookupError:
        note(db.session, "create", "tests", "two")
    db.session.commit()
    assert [row.object_id for row in trail(account.id)][-2:] == ["one", "two"] and verify(db.session, account.id) == []


def test_a_forgotten_person_leaves_the_trail_and_the_chain_holds(three_lines, account):
    assert "Lisbon" in str([row.after for row in trail(account.id)])
    forget(db.session, account.id, three_lines.id, three_lines.public_id, pattern({"anabel@example.test", "Anabel"}))
    db.session.commit()
    told = str([(row.before, row.after) for row in trail(account.id)])
    assert "Anabel" not in told and "Lisbon" not in told and "Bogdan rows" in told
    assert verify(db.session, account.id) == []
