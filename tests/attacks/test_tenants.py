"""Harbor's people try every route with Rival's ids: nothing is found, nothing is shown, nothing is changed."""
import hashlib
import io
import re
import zipfile

import pytest
from sqlalchemy import select

from app.accounts.roles import ROLES, may
from app.accounts.sign_in import ApiToken
from app.spine.db import db, serve
from app.spine.policy import PUBLIC, SIGNED, SIGNED_IN
from tests.conftest import sign_in

from .page import Asked
from .seed import plant

MARK = "Quillfeather"

# which table an argument of an address names; per blueprint where several share a word
ARGUMENTS = {"person_id": "people", "automation_id": "automations", "segment_id": "segments",
             "delivery_id": "deliveries", "message_id": "messages", "template_id": "templates", "note_id": "notes",
             "tag_id": "tags", "enrollment_id": "enrollments", "connection_id": "connections", "job_id": "jobs",
             "user_id": "users", "token_id": "api_tokens", "account_id": "accounts", "sync_id": "syncs",
             "view_id": "saved_views", "action_id": "bulk_actions", "import_id": "imports", "export_id": "exports",
             "task_id": "tasks", "merge_id": "merges", "suggestion_id": "merge_suggestions",
             "removal_id": "tag_removals"}
PUBLIC_ID = {"people": "people", "playbooks": "automations", "payments": "payments", "segments": "segments",
             "bulk": "bulk_actions", "merging": "people", "tasks": "people"}
ROW_ID = {"api_records.replay": "deliveries", "api_audits.show": "audits", "api_records.change_task": "tasks",
          "api_records.remove_task": "tasks", "api_records.change_tag": "tags", "api_records.delete_tag": "tags",
          "api_records.merge_tag": "tags", "api_records.dismiss_suggestion": "merge_suggestions"}
PLAIN = {"step_id": "s1", "source": "whop", "name": "mrr", "key": "shoe"}      # words of ours, the same for everybody
BODIES = {"api_people.update": {"name": "x"}, "api_people.tag": {"name": "x"}, "api_people.write_note": {"body": "x"},
          "api_people.make_merge": {"other": "x"}, "api_records.merge_tag": {"into": "x"},
          "api_automations.update": {"name": "x"}, "api_automations.test_send": {"email": "olu@harbor.test"},
          "api_files.imports_map": {"source": "x"}}


def table_of(endpoint: str, argument: str) -> str | None:
    if argument == "public_id":
        return PUBLIC_ID[endpoint.partition(".")[0]]
    if argument == "row_id":
        if endpoint in ROW_ID:
            return ROW_ID[endpoint]
        return endpoint.partition(".")[2].rpartition("_")[0]
    return ARGUMENTS.get(argument)


def routes(app):
    """(rule, method, permission) of everything that somebody has to be somebody for."""
    for rule in app.url_map.iter_rules():
        permission = None if rule.endpoint == "static" else app.view_functions[rule.endpoint]._policy
        if permission not in (None, PUBLIC, SIGNED):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method, permission


def address(rule, values: dict) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)


def ids_for(rule, planted) -> dict:
    """The account's own id for each argument of an address that names a row."""
    return {argument: planted.id(table) for argument in rule.arguments
            if (table := table_of(rule.endpoint, argument))}


@pytest.fixture
def two(account, other_account):
    planted = plant(account, "Harborside"), plant(other_account, MARK)
    serve(account.id)
    for one in planted:
        one["accounts"] = one.account
    return planted


@pytest.fixture
def callers(app, account):
    """role and door -> function(path, method, form, json): people by cookie, programs by token."""
    found = {}
    for role in ROLES:
        browser = sign_in(app, account, role, f"{role}@harbor.test")
        _, secret = ApiToken.make(account, role, role)
        db.session.commit()
        found[role, "page"] = by_cookie(browser)
        found[role, "api"] = by_token(app.test_client(), secret)
    return found


def by_cookie(browser):
    """Forms with one token for all of them, until a new session brings a new one."""
    kept = {}

    def call(path, method, form=None, json=None):
        if path.startswith(("/seats/", "/sign-", "/settings/security")) or not kept:
            kept["X-CSRFToken"] = browser.csrf()
        return browser.open(path, method=method, data=form, headers=kept if method != "GET" else {})
    return call


def by_token(client, secret):
    def call(path, method, form=None, json=None):
        sent = {"json": json or {}} if method in ("POST", "PATCH") else {}
        return client.open(path, method=method, headers={"Authorization": f"Bearer {secret}"}, **sent)
    return call


def rows_of(account_id) -> dict[str, str]:
    """Table -> fingerprint of all the account's rows."""
    found = {}
    db.session.commit()
    with db.engine.connect().execution_options(reading=True) as connection:
        for table in db.metadata.sorted_tables:
            own = table.c.account_id if "account_id" in table.c else table.c.id if table.name == "accounts" else None
            if own is not None:
                rows = connection.execute(select(table).where(own == account_id).order_by(table.c.id)).all()
                found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def words_of(answer) -> str:
    """The text of an answer; of an archive, that of every file in it."""
    if answer.mimetype != "application/zip" and not answer.mimetype.endswith(".sheet"):
        return answer.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return "".join(name + archive.read(name).decode() for name in archive.namelist())


def leaks(answer, theirs, sent: str) -> list[str]:
    """What of the other account an answer shows: its mark anywhere, an id that was not in the question."""
    told = words_of(answer) + "".join(f"{name}: {value}\n" for name, value in answer.headers)
    hidden = [one for one in (MARK, *theirs.ids().values()) if one not in sent]
    return [one for one in hidden if one.lower() in told.lower()]


def test_every_argument_of_every_route_is_known(app, two):
    unknown = {(rule.endpoint, argument) for rule, _, _ in routes(app) for argument in rule.arguments
               if table_of(rule.endpoint, argument) not in two[0] and argument not in PLAIN and argument != "name"}
    assert unknown == set()


def test_foreign_ids_in_the_path_are_absent_ids(app, two, callers):
    """Each route and role with foreign ids; an owner also with one foreign id while the others are Harbor's own."""
    mine, theirs = two
    before, tried = rows_of(theirs.account.id), 0
    for rule, method, permission in routes(app):
        own, foreign = {**PLAIN, **ids_for(rule, mine)}, ids_for(rule, theirs)
        for role, door in callers:
            if (door == "api") != rule.rule.startswith("/api/"):
                continue
            each = [{**own, one: foreign[one]} for one in foreign if len(foreign) > 1 and role == "company_owner"]
            for values in [foreign, *each]:
                if not foreign:
                    continue
                path = address(rule, {**own, **values})
                answer = callers[role, door](path, method, form={}, json=BODIES.get(rule.endpoint))
                allowed = permission == SIGNED_IN or may(role, permission)
                assert answer.status_code == (404 if allowed else 403), f"{role} {method} {path}"
                assert leaks(answer, theirs, path) == [], f"{role} {method} {path}"
                tried += 1
    assert tried > 250 and rows_of(theirs.account.id) == before


HINTS = {"tag": ("tags",), "segment": ("segments",), "person": ("people",), "as": ("people",), "own": ("segments",),
         "template": ("templates",), "playbook": ("automations",), "before": ("jobs", "audits"), "from": ("segments",)}
NOT_THIS_ROW = {"playbooks.rule": (404,)}                  # the planted automation is a playbook, not a rule
TENANT = ("account", "account_id", "company_id", "company", "tenant")


@pytest.mark.parametrize("door", ["page", "api"])
def test_no_page_shows_anything_of_the_other_account(app, two, callers, monkeypatch, door):
    """Every GET with Harbor's own ids; then each query word it reads with Rival's ids, and Rival named outright."""
    mine, theirs = two
    monkeypatch.setattr(app.request_class, "parameter_storage_class", Asked)
    before, call, sent = rows_of(theirs.account.id), callers["company_owner", door], ""
    for rule, method, _ in routes(app):
        if method != "GET" or (door == "api") != rule.rule.startswith("/api/"):
            continue
        path = address(rule, {**PLAIN, **ids_for(rule, mine)})
        Asked.looked = set()
        answer = call(path, "GET")
        expected = NOT_THIS_ROW.get(rule.endpoint, (200, 303))
        assert answer.status_code in expected, f"{path} answered {answer.status_code}"
        assert leaks(answer, theirs, sent if "audit" in path else path) == [], path
        queries = [f"{word}={theirs.id(table)}" for word in sorted(Asked.looked)
                   for table in HINTS.get(word, ("people",))]
        queries += ["&".join(f"{word}={theirs.account.public_id}" for word in TENANT),
                    f"account_id={theirs.account.id}", f"q={MARK}", f"sort=-account_id&cursor={theirs.id('people')}"]
        for query in queries:
            sent += query                    # the trail shows Harbor what Harbor asked for
            answer = call(f"{path}?{query}", "GET")
            assert answer.status_code < 500, f"{path}?{query}"
            assert leaks(answer, theirs, sent if "audit" in path else query) == [], f"{path}?{query}"
    assert rows_of(theirs.account.id) == before


LAST = ("removal", "archive", "disconnection", "erasure", "sign-out", "security/password")


def harm(rule, method) -> bool:
    return method == "DELETE" or rule.rule.endswith(LAST) or "sign-out" in rule.rule


@pytest.mark.parametrize("door", ["page", "api"])
def test_foreign_ids_in_a_body_lead_nowhere(app, two, callers, door):
    """Every form and body with Harbor's own path and Rival's ids in all the words that could name a row."""
    mine, theirs = two
    before, call = rows_of(theirs.account.id), callers["company_owner", door]
    ids = theirs.ids()
    segment = {"all": [{"field": "segment", "op": "is", "value": ids["segments"]}]}
    form = {"ids": [ids["people"]], "template": ids["templates"], "person": ids["people"], "as": ids["people"],
            "tag": ids["tags"], "segment": ids["segments"], "account_id": str(theirs.account.id), "do": "send",
            "account": theirs.account.public_id, "user_id": ids["users"], "assigned_to": str(theirs["users"].id),
            "person_id": str(theirs["people"].id), "connection_id": ids["connections"], "name": "Tried",
            "start": "copy", "from": ids["automations"], "when": "segment.entered", "kind": "rule", "body": "Tried",
            "how": "cancel", "c.match": "all", "c.0.field": "segment", "c.0.op": "is", "c.0.value": ids["segments"]}
    body = {"ids": [ids["people"]], "action": "add_tag", "params": {"name": "tried"}, "condition": segment,
            "template": ids["templates"], "account_id": theirs.account.public_id, "plan": {
                "trigger": {"kind": "payment.failed"}, "audience": segment,
                "steps": [{"id": "s", "do": "send", "template": ids["templates"]}]}}
    todo = [(rule, method) for rule, method, _ in routes(app)
            if method not in ("GET",) and (door == "api") == rule.rule.startswith("/api/")]
    for rule, method in sorted(todo, key=lambda one: (harm(*one), one[0].rule)):
        path = address(rule, {**PLAIN, **ids_for(rule, mine)})
        answer = call(path, method, form=form, json=body)
        assert answer.status_code < 500, f"{method} {path} answered {answer.status_code}"
        assert leaks(answer, theirs, str(form) + str(body)) == [], f"{method} {path}"
    assert rows_of(theirs.account.id) == before, "a form of Harbor's changed a row of Rival's"


@pytest.mark.parametrize("path, body, status", [
    ("/people/bulk", lambda ids: {"ids": [ids["people"]], "action": "add_tag", "params": {"name": "x"}}, 200),
    ("/segments/preview", lambda ids: {"condition": {"all": [
        {"field": "segment", "op": "is", "value": ids["segments"]}]}}, 422),
    ("/segments", lambda ids: {"name": "x", "condition": {"all": [
        {"field": "segment", "op": "is", "value": ids["segments"]}]}}, 422),
    ("/automations", lambda ids: {"name": "x", "plan": {"trigger": {"kind": "payment.failed"}, "steps": [
        {"id": "s", "do": "send", "template": ids["templates"]}]}}, 422),
    ("/people", lambda ids: {"email": "new@member.test", "account_id": ids["accounts"]}, 422)])
def test_what_a_program_names_in_a_body_is_looked_for_at_home(two, callers, path, body, status):
    _, theirs = two
    answer = callers["company_owner", "api"](f"/api/v1{path}", "POST", json=body(theirs.ids()))
    assert answer.status_code == status, answer.text
    if status == 200:
        assert (answer.json["matched"], answer.json["changed"], answer.json["failures"]) == (0, 0, [])


def test_an_absent_id_and_a_foreign_one_get_the_same_words(two, callers):
    _, theirs = two
    for role, door, path in (("company_owner", "page", "/people/"), ("company_owner", "api", "/api/v1/people/")):
        answers = [re.sub(r"req_\w+", "", callers[role, door](path + one, "GET").text)
                   for one in (theirs.id("people"), "per_AAAAAAAAAAAAAAAAAAAA")]
        assert answers[0] == answers[1]
