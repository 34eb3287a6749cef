"""The trail of who changed what, by the command line as by people."""
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from app.accounts.audit import Audit, verify
from app.spine.db import across_accounts, db

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
