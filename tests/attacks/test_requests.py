"""Requests that say more, or other, than a form would: extra fields, other hosts, doubled words, monstrous values."""
import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from app.accounts import Account
from app.accounts.sign_in import ApiToken, SignIn
from app.analytics.figures import FIGURES
from app.api.door import IdempotentCall
from app.connections import Connection
from app.kit.csv import FORMULA, SILENT
from app.people import Person, meet
from app.spine.db import as_account, db
from app.spine.facts import PersonRef
from app.spine.sockets import CHANNELS, Parcel
from tests.kit.test_http import PRIVATE

from .page import Asked
from .seed import plant
from .test_tenants import PLAIN, address, ids_for, routes, rows_of

EVIL = "evil.test"


@pytest.fixture
def home(account, app):
    """Harbor with a row of everything, and a program that may do all."""
    planted = plant(account, "Harborside")
    planted["accounts"] = planted.account
    _, planted.secret = ApiToken.make(account, "company_owner", "tests")
    db.session.commit()
    return planted


@pytest.fixture
def program(app, home):
    client, headers = app.test_client(), {"Authorization": f"Bearer {home.secret}"}

    def call(method, path, **more):
        return client.open(f"/api/v1{path}", method=method, headers={**headers, **more.pop("headers", {})}, **more)
    return call


# --- more than was asked for


def test_a_program_may_not_send_what_a_shape_does_not_name(app, program, home):
    tried = 0
    document = program("GET", "/openapi.json").json
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if "requestBody" in told:
                body = {"account_id": 7, "id": "per_x", "is_admin": True}
                answer = program(method.upper(), re.sub(r"\{\w+\}", "x", path.removeprefix("/api/v1")), json=body)
                fields = {one["field"] for one in answer.json["errors"]}
                assert answer.status_code == 422 and {"account_id", "id", "is_admin"} <= fields, f"{method} {path}"
                tried += 1
    assert tried > 8


def test_a_form_may_send_it_and_nothing_comes_of_it(desk, home, account):
    person, other = home["people"], rows_of(account.id)
    more = {"account_id": "7", "id": "1", "public_id": "per_mine", "stage": "former", "total_spent": "1", "staff": "1",
            "risk_score": "99", "merged_into_id": "1", "slug": "taken", "kind": "organization", "demo": "1",
            "parent_id": "1", "settings": "{}", "origin": "environment", "key": "k", "state": "off", "role": "x"}
    desk.post(f"/people/{person.public_id}", data={"name": "Ana", "email": "ana@member.test", **more})
    desk.post("/settings", data={"name": "Harbor", "timezone": "UTC", "currency": "USD", **more})
    desk.post(f"/settings/connections/{home.id('connections')}", data={"name": "Whop", **more})
    with as_account(account.id):
        db.session.expire_all()
        now = db.session.scalar(select(Person).where(Person.public_id == person.public_id))
        assert (now.name, now.stage, now.total_spent, now.staff, now.risk_score, now.merged_into_id) == (
            "Ana", "member", person.total_spent, False, person.risk_score, None)
        tie = db.session.scalar(select(Connection))
        assert (tie.origin, tie.state, tie.key) == ("own", "on", home["connections"].key)
    kept = db.session.get(Account, account.id)
    assert (kept.slug, kept.kind, kept.demo, kept.parent_id) == ("harbor", "company", False, None)
    assert "messaging" in kept.settings and set(other) == set(rows_of(account.id))


# --- somewhere else


ELSEWHERE = [f"//{EVIL}", f"https://{EVIL}", f"/\\{EVIL}", f"\\\\{EVIL}", "javascript:alert(1)", f"/\t/{EVIL}",
             f" //{EVIL}", f"https:{EVIL}", f"///{EVIL}", f"/%0d%0aLocation:{EVIL}\r\n", "data:text/html,x",
             f"@{EVIL}", f"http:/\\/{EVIL}", f"/\x00/{EVIL}"]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nothing_leads_elsewhere(desk, target):
    answers = [desk.get("/sign-in", query_string={"next": target}),
               desk.get("/sign-in/confirmation", query_string={"next": target}),
               desk.post("/settings/tokens", data={}, headers={"Referer": target.split("\r")[0].replace("\x00", "")})]
    for answer in answers:
        for name in ("Location", "HX-Redirect", "HX-Location", "Refresh"):
            assert EVIL not in answer.headers.get(name, "").split("?")[0] and "javascript" not in answer.headers.get(
                name, "")
        assert f'href="{target}"' not in answer.text and f'value="{target}"' not in answer.text


FORGED = {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9",
          "X-Forwarded-Prefix": "/evil", "X-Forwarded-Port": "444", "Forwarded": f"host={EVIL};proto=https",
          "X-Original-URL": "/settings", "X-Rewrite-URL": "/settings", "X-Real-IP": "203.0.113.9",
          "X-Host": EVIL, "X-HTTP-Method-Override": "DELETE"}


def test_headers_of_a_proxy_that_is_not_there_are_ignored(app, desk, home):
    for path in ("/", "/people", f"/settings/connections/{home.id('connections')}", "/sign-in", "/docs/api",
                 "/api/v1/openapi.json"):
        answer = desk.get(path, headers=FORGED)
        assert answer.status_code in (200, 303) and EVIL not in answer.text + str(answer.headers), path
        assert "Strict-Transport-Security" not in answer.headers
    client = app.test_client()
    client.post("/sign-in", data={"email": "x@y.test", "password": "x"}, headers=FORGED)
    assert "203.0.113.9" not in {row.ip for row in db.session.scalars(select(SignIn))}


def test_another_host_is_never_written_into_a_link(app, desk, home, monkeypatch):
    elsewhere = {"Host": EVIL, "Cookie": f"ra={desk.get_cookie('ra').value}"}
    page = FlaskClient(app, use_cookies=False).get(f"/settings/connections/{home.id('connections')}", headers=elsewhere)
    assert EVIL not in page.text and "http://localhost/api/webhooks/whop/" in page.text
    token = {"X-CSRFToken": desk.csrf()}
    elsewhere["Cookie"] = f"ra={desk.get_cookie('ra').value}"
    invited = FlaskClient(app, use_cookies=False).post("/settings/team/invitations", headers={**elsewhere, **token},
                                                       data={"email": "bo@example.com", "role": "support"})
    assert EVIL not in invited.text and "http://localhost/sign-in/links/" in invited.text
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["localhost"])
    assert desk.get("/people", headers={"Host": EVIL}).status_code == 400
    assert desk.get("/people").status_code == 200


def test_a_method_cannot_be_put_on(desk, program, home):
    person = home.id("people")
    for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "DELETE"}, {"X-HTTP-Method": "DELETE"}):
        assert program("POST", f"/people/{person}?_method=DELETE", headers=headers, json={}).status_code in (404, 405)
        desk.post(f"/people/{person}?_method=DELETE", data={"_method": "DELETE", "name": "Ana"}, headers=headers)
    assert program("GET", f"/people/{person}").json["name"] == "Ana"


# --- values nobody would type


MONSTERS = ["\u00b2", "9" * 5000, "9" * 25, "-1", "9999-12-31", "\x00", "1e999", "NaN", "\u0661\u0662",
            "' or 1=1 --%s%n", "\U0001f600" * 400, "0000-00-00", "[]"]


@pytest.mark.parametrize("door", ["page", "api"])
def test_no_query_word_breaks_a_page(app, desk, program, home, monkeypatch, door):
    monkeypatch.setattr(app.request_class, "parameter_storage_class", Asked)
    for rule, method, _ in routes(app):
        if method != "GET" or (door == "api") != rule.rule.startswith("/api/"):
            continue
        path = address(rule, {**PLAIN, **ids_for(rule, home)})
        call = desk.get if door == "page" else lambda path, **more: program("GET", path.removeprefix("/api/v1"), **more)
        Asked.looked = set()
        call(path)
        names = sorted(Asked.looked)
        for value in MONSTERS if names else ():
            answer = call(path, query_string=dict.fromkeys(names, value))
            assert answer.status_code < 500, f"{path} {names} {value[:20]!r}"
            assert answer.get_data() or answer.status_code in (204, 303), f"{path}: a blank page"
        for name in names if len(names) > 1 else ():
            for value in MONSTERS[:2]:                       # alone as well: another word may end the request first
                assert call(path, query_string={name: value}).status_code < 500, f"{path} {name} {value[:20]!r}"


def test_no_form_field_breaks_a_page(app, desk, home, monkeypatch):
    monkeypatch.setattr(app.request_class, "parameter_storage_class", Asked)
    keep = ("sign-out", "removal", "archive", "disconnection", "erasure", "security/password", "/test")
    for rule, method, _ in routes(app):
        if method != "POST" or rule.rule.startswith("/api/") or any(word in rule.rule for word in keep):
            continue
        path = address(rule, {**PLAIN, **ids_for(rule, home)})
        Asked.looked = set()
        token = {"X-CSRFToken": desk.csrf()}
        desk.post(path, data={}, headers=token)
        names = sorted(Asked.looked - {"csrf_token"})
        for value in MONSTERS[:9] if names else ():
            answer = desk.open(path, method="POST", data=dict.fromkeys(names, value), headers=token)
            assert answer.status_code < 500, f"{path} {names} {value[:20]!r}"


def test_a_nul_is_left_out_of_words_and_refused_in_addresses(desk, program, home):
    assert desk.get("/people/per_%00").status_code == program("GET", "/people/per_%00").status_code == 400
    for path in ("/people?q=Harbor%00side", "/people?q%00=Harborside"):
        assert home.id("people") in desk.get(path).text
        assert home.id("people") in program("GET", path).text
    desk.post(f"/people/{home.id('people')}", data={"name": "An\x00a", "email": "ana@member.test"})
    assert program("GET", f"/people/{home.id('people')}").json["name"] == "Ana"


@pytest.mark.parametrize("name", ["\\u0000", "\\ud800", "x\\udfff"])
def test_text_that_is_no_text_is_refused(program, name):
    answer = program("POST", "/people", data=f'{{"email": "x@member.test", "name": "{name}"}}',
                     content_type="application/json")
    assert answer.status_code == 400


def test_a_word_that_comes_twice_is_not_read_two_ways(desk, program):
    answer = program("GET", "/people?stage=lead&stage=member")
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "stage"
    assert program("GET", "/people?limit=1&limit=2").status_code == 422
    assert desk.get("/people?stage=lead&stage=member").text.count('aria-current="page">Leads') <= 1


@pytest.mark.parametrize("word", ["state", "created_after", "tags", "account_id", "filter[stage]"])
def test_a_filter_that_does_not_exist_is_said(program, word):
    answer = program("GET", f"/people?{word}=x")
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == word
    assert "there is no such word" in answer.json["detail"]


def test_looking_changes_nothing(app, desk, home, account):
    """Every GET and HEAD leaves every row as it was; a copy that is taken away leaves only its line in the trail."""
    before = rows_of(account.id)
    for rule, method, _ in routes(app):
        if method == "GET" and not rule.rule.startswith("/api/"):
            path = address(rule, {**PLAIN, **ids_for(rule, home)})
            for verb in ("HEAD", "GET"):
                desk.open(path, method=verb)
    after = rows_of(account.id)
    assert {name for name in after if after[name] != before[name]} <= {"audits", "exports"}


def test_a_browsers_report_is_short(client, account):
    assert client.post("/csp-reports", data='{"csp-report": {}}').status_code == 204
    assert client.post("/csp-reports", data="x" * 20_000).status_code == 413


# --- addresses that a tenant may type


@pytest.mark.parametrize("host", [*PRIVATE, "0x7f000001", "127.1", "2130706433", "017700000001", "localhost"])
def test_a_tenants_mail_server_is_never_inside(host, monkeypatch):
    """The one address a tenant configures today; nothing is connected to."""
    def connected(*args, **more):
        raise AssertionError(f"connected to {args}")
    monkeypatch.setattr("app.adapters.smtp.connection.socket.create_connection", connected)
    shown = f"[{host}]" if ":" in host else host
    for scheme in ("smtp", "smtps"):
        channel = CHANNELS["email"]({"url": f"{scheme}://u:p@{shown}:2525", "sender": "a@b.test", "guard": True})
        receipt = channel.deliver(Parcel(key="k", to="ana@example.test", subject="Hi", text="Hi"))
        assert (receipt.kind, receipt.reason) == ("retry", "The address could not be reached.")


# --- files for spreadsheets


LIVE = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\u200b=1", "|x", "%x", "＝1",
        "＋1", "－1", "＠x", '=HYPERLINK("http://x";"y")', "=cmd|' /C calc'!A0", "'=1", "\u2060\u200d=1"]


@pytest.fixture
def crowd(home, account):
    """Fifteen and more members whose every text begins like a formula."""
    with as_account(account.id):
        for number, text in enumerate(LIVE):
            person = meet(PersonRef(external=f"live-{number}"), "import")
            person.name = person.username = person.plan_name = person.email = text
            if "|" not in text:
                person.tag(text)
        first = db.session.get(Person, home["people"].id)
        first.name, first.email = LIVE[0], LIVE[3]
        db.session.commit()


def alive(cell: str) -> bool:
    """Whether a spreadsheet would run this cell; a plain number is one."""
    return cell.lstrip(SILENT).startswith(FORMULA) and not re.fullmatch(r"-?\d+(\.\d+)?", cell)


def test_no_export_carries_a_formula(app, desk, program, crowd, home):
    found = [rule for rule, method, _ in routes(app) if method == "GET" and rule.rule.endswith(".csv")
             and rule.arguments <= {"name"}]
    assert len(found) >= 3
    for rule in found:
        names = FIGURES if "<name>" in rule.rule else [""]
        for path in (address(rule, {"name": name}) for name in names):
            answer = program("GET", path.removeprefix("/api/v1")) if path.startswith("/api/") else desk.get(path)
            assert answer.status_code == 200 and answer.mimetype == "text/csv", path
            assert "attachment" in answer.headers["Content-Disposition"]
            rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
            assert [cell for row in rows for cell in row if alive(cell)] == [], path
            if "people" in path:
                assert len(rows) > len(LIVE) and sum("'=1+1" in row for row in rows) >= 1


# --- the same request twice


def people(account) -> int:
    with as_account(account.id):
        return db.session.scalar(select(func.count()).select_from(Person).where(Person.email == "cy@member.test"))


def test_a_key_gives_the_same_answer_and_one_effect(program, account):
    sent = {"json": {"email": "cy@member.test"}, "headers": {"Idempotency-Key": "k1"}}
    answers = [program("POST", "/people", **sent) for _ in range(3)]
    assert [one.status_code for one in answers] == [201] * 3 and len({one.text for one in answers}) == 1
    assert [one.headers.get("Idempotent-Replayed") for one in answers] == [None, "true", "true"]
    assert people(account) == 1


def test_a_refusal_is_replayed_too(program, account):
    sent = {"json": {"email": "not an address"}, "headers": {"Idempotency-Key": "k1"}}
    first, again = program("POST", "/people", **sent), program("POST", "/people", **sent)
    assert first.status_code == again.status_code == 422 and first.json["detail"] == again.json["detail"]
    assert again.mimetype == "application/problem+json"


def test_a_key_belongs_to_one_request(program, account, home):
    key = {"Idempotency-Key": "k1"}
    program("POST", "/people", json={"email": "cy@member.test"}, headers=key)
    for path, body in (("/people", {"email": "di@member.test"}), ("/people?x=1", {"email": "cy@member.test"}),
                       (f"/people/{home.id('people')}/tags", {"name": "x"})):
        assert program("POST", path, json=body, headers=key).status_code == 422
    assert people(account) == 1


def test_a_key_of_one_token_says_nothing_to_another(app, program, account, home):
    program("POST", "/people", json={"email": "cy@member.test"}, headers={"Idempotency-Key": "k1"})
    _, other = ApiToken.make(account, "company_user", "reader")
    db.session.commit()
    answer = app.test_client().open("/api/v1/people", method="POST", json={"email": "cy@member.test"}, headers={
        "Authorization": f"Bearer {other}", "Idempotency-Key": "k1"})
    assert answer.status_code == 403 and "cy@member.test" not in answer.text


def test_while_the_first_one_runs_the_others_are_told_to_wait(program, account, home):
    with as_account(account.id):
        program("POST", "/people", json={"email": "cy@member.test"}, headers={"Idempotency-Key": "k1"})
        row = db.session.scalar(select(IdempotentCall).where(IdempotentCall.key == "k1"))
        row.status = None
        db.session.commit()
    answer = program("POST", "/people", json={"email": "cy@member.test"}, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 409 and answer.headers["Retry-After"] == "1"


def test_eight_at_once_have_one_effect(app, home, account):
    db.session.commit()
    barrier, headers = Barrier(8), {"Authorization": f"Bearer {home.secret}", "Idempotency-Key": "rush"}

    def knock(_):
        barrier.wait()
        return FlaskClient(app).post("/api/v1/people", json={"email": "cy@member.test"}, headers=headers)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(knock, range(8)))
    first = [one for one in answers if one.status_code == 201 and "Idempotent-Replayed" not in one.headers]
    rest = [one for one in answers if one not in first]
    assert len(first) == 1 and people(account) == 1
    assert all((one.status_code == 409 and one.headers["Retry-After"]) or one.text == first[0].text for one in rest)


# --- other people's web pages


def test_no_web_page_may_read_the_api_unless_it_was_named(app, program, monkeypatch):
    asked = {"Origin": "https://shop.test", "Access-Control-Request-Method": "POST"}
    for answer in (program("GET", "/people", headers=asked), program("OPTIONS", "/people", headers=asked)):
        assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")]
    monkeypatch.setitem(app.config, "API_ORIGINS", "https://shop.test, https://other.test/")
    named = program("OPTIONS", "/people", headers=asked)
    assert named.status_code == 204 and "Authorization" in named.headers["Access-Control-Allow-Headers"]
    read = program("GET", "/people", headers=asked)
    assert read.headers["Access-Control-Allow-Origin"] == "https://shop.test" and "Origin" in read.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in read.headers
    for origin in (f"https://{EVIL}", "https://shop.test.evil.test", "null", "http://shop.test", "https://shop.test/"):
        answer = program("GET", "/people", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
    assert "Access-Control-Allow-Origin" not in app.test_client().get("/sign-in", headers=asked).headers


def test_behind_one_proxy_one_address_is_believed(tmp_path):
    """PROXY_HOPS=1: the last entry, which the proxy wrote, and not what a caller wrote before it."""
    app = create_app(SQLALCHEMY_DATABASE_URI="sqlite://", TESTING=True, SECRET_KEY="a key for the tests alone",
                     DATA_DIR=tmp_path, PROXY_HOPS=1, PUBLIC_URL="https://desk.example.com")
    from flask import request
    with app.test_client() as client:
        answer = client.get("/health/live", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7",
                                                     "X-Forwarded-Proto": "https"})
        assert request.remote_addr == "198.51.100.7" and "Strict-Transport-Security" in answer.headers
