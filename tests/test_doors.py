"""Every route says who may use it, and every one that changes something is guarded."""
import re

from app.accounts.roles import ROLES, may
from app.spine.policy import PUBLIC, SIGNED, SIGNED_IN

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
OPEN_POSTS = {"signals.csp_report"}


def routes(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule, getattr(app.view_functions[rule.endpoint], "_policy", None)


def test_every_route_declares_a_policy(app):
    assert [rule.rule for rule, policy in routes(app) if policy is None] == []


def test_every_permission_belongs_to_some_role(app):
    unknown = {policy for _, policy in routes(app)
               if policy not in (PUBLIC, SIGNED, SIGNED_IN) and not any(may(role, policy) for role in ROLES)}
    assert unknown == set()


def test_no_form_is_taken_without_its_token(app, desk):
    desk.forge = True
    for rule, policy in routes(app):
        proven = policy == SIGNED or rule.rule.startswith("/api/") or rule.endpoint in OPEN_POSTS
        if proven or not rule.methods & UNSAFE:
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in rule.methods & UNSAFE:
            answer = desk.open(path, method=method)
            assert answer.status_code == 400, f"{method} {path} answered {answer.status_code} without a token"


def test_nobody_enters_without_signing_in(app, client):
    for rule, policy in routes(app):
        if policy in (PUBLIC, SIGNED):
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            status = client.open(path, method=method, headers={"X-CSRFToken": client.csrf()}).status_code
            assert status in (303, 401), f"{method} {path} answered {status} to a stranger"


def test_a_reader_changes_nothing(app, visitor_desk):
    for rule, policy in routes(app):
        if policy in (PUBLIC, SIGNED, SIGNED_IN) or may("company_user", policy) or rule.rule.startswith("/api/"):
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = visitor_desk.open(path, method=method, headers={"X-CSRFToken": visitor_desk.csrf()})
            assert answer.status_code == 403, f"{method} {path} answered {answer.status_code} to a reader"
