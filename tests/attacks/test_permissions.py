"""The page that says who may do what is the code's own."""
from pathlib import Path

from app.accounts import permissions
from app.accounts.roles import ROLES, may

DOC = Path(__file__).parents[2] / "docs" / "permissions.md"
CONFIRMED = {"people.export", "payments.export", "people.export_xlsx", "payments.export_xlsx", "exports.file",
             "people.everything", "people.everything_as_json", "people.forget", "figures.export", "settings.make_token",
             "settings.password", "settings.audit_file", "settings.begin_closing", "team.invite", "team.change_role",
             "team.remove", "connecting.add", "connecting.sign_in", "connections.save", "bulk.export",
             "bulk.confirm_erasure"}


def test_the_page_is_what_the_code_does(app):
    assert DOC.read_text() == permissions.told(app), "flask --app wsgi permissions > docs/permissions.md"


def test_the_command_prints_it(app):
    printed = app.test_cli_runner().invoke(args=["permissions"])
    assert printed.exit_code == 0 and printed.output == DOC.read_text()


def test_who_only_looks_may_only_look():
    for role in ("company_user", "support"):
        extra = {permission for permission in ROLES[role][2] if not permission.endswith(".read")}
        assert extra == ({"people.write", "tasks.write"} if role == "support" else set())
        for permission in ("data.export", "data.erase", "data.merge", "tokens.write", "team.write", "connections.read",
                           "audit.read"):
            assert not may(role, permission)
    assert not may("nobody", "people.read") and not may(None, "people.read")


def test_what_cannot_be_taken_back_asks_who_you_are(app):
    assert {endpoint for endpoint, view in app.view_functions.items() if getattr(view, "_fresh", False)} == CONFIRMED
