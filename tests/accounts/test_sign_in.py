"""Signing in: by password, by link, never twice, never from anywhere else without the code."""
import pytest
from sqlalchemy import select

from app.accounts import Seat, User
from app.accounts.sign_in import SignIn, SignInLink, set_password
from app.spine.db import db
from tests.wire.letters import PostOffice


@pytest.fixture
def ana(account):
    ana = User(email="ana@harbor.test", name="Ana", seats=[Seat(account_id=account.id, role="company_owner")])
    set_password(ana, "a long password")
    db.session.add(ana)
    db.session.commit()
    return ana


def test_nobody_gets_in_without_signing_in(client):
    answer = client.get("/settings")
    assert answer.status_code == 303 and "/sign-in?next=/settings" in answer.location


def test_a_password_opens_the_door_and_leads_on(client, ana):
    answer = client.post("/sign-in", data={"email": "Ana@harbor.test", "password": "a long password",
                                           "next": "/settings"})
    assert (answer.status_code, answer.location) == (303, "/settings")
    assert "Harbor Run Club" in client.get("/settings").text


@pytest.mark.parametrize("target", ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:x", "/a\nb"])
def test_it_leads_nowhere_else(client, ana, target):
    answer = client.post("/sign-in", data={"email": ana.email, "password": "a long password", "next": target})
    assert answer.location == "/"


def test_wrong_and_unknown_look_alike(client, ana):
    wrong = client.post("/sign-in", data={"email": ana.email, "password": "no"})
    unknown = client.post("/sign-in", data={"email": "bo@harbor.test", "password": "no"})
    assert wrong.status_code == unknown.status_code == 422
    words = "do not belong together"
    assert words in wrong.text and words in unknown.text


def test_the_eleventh_try_has_to_wait(client, ana):
    for _ in range(10):
        client.post("/sign-in", data={"email": ana.email, "password": "no"})
    answer = client.post("/sign-in", data={"email": ana.email, "password": "a long password"})
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 3600


@pytest.fixture
def post_office(app, monkeypatch):
    return PostOffice(app, monkeypatch)


@pytest.fixture
def asked(client, post_office):
    """Ask for a link; the address in the letter, None when there was no letter."""
    def ask(email):
        client.post("/sign-in/links", data={"email": email})
        return post_office.link(email)
    return ask


def test_a_link_works_once_and_only_by_its_button(client, ana, asked):
    path = asked(ana.email)
    assert client.get(path).status_code == 200 and client.get("/settings").status_code == 303
    assert client.post(path).status_code == 303
    assert client.get("/settings").status_code == 200
    assert client.post(path).status_code == 410


def test_another_browser_needs_the_code(app, client, ana, asked):
    path = asked(ana.email)
    elsewhere = app.test_client()
    assert "Six digits" in elsewhere.get(path).text
    for _ in range(5):
        elsewhere.post(path, data={"code": "no"})
    assert client.post(path).status_code == 410, "five wrong codes kill the link"


def test_no_letter_goes_to_strangers(client, ana, asked):
    assert asked("stranger@harbor.test") is None
    assert db.session.scalar(select(SignInLink)) is not None


def test_signing_in_changes_the_session_and_signing_out_ends_it(client, ana):
    client.post("/sign-in", data={"email": ana.email, "password": "a long password"})
    with client.session_transaction() as session:
        first = session["sid"]
    client.post("/sign-out")
    assert SignIn.of(first) is None
    assert client.get("/settings").status_code == 303


def test_a_forged_form_is_refused(app, client, ana):
    client.forge = True
    answer = client.post("/sign-in", data={"email": ana.email, "password": "a long password"})
    assert answer.status_code == 400 and "expired" in answer.text
    client.forge = False
    answer = client.post("/sign-in", data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400


def test_an_older_browser_that_names_another_origin_is_refused(client, ana):
    data = {"email": ana.email, "password": "a long password"}
    assert client.post("/sign-in", data=data, headers={"Origin": "https://evil.test"}).status_code == 400
    assert client.post("/sign-in", data=data, headers={"Origin": "null"}).status_code == 400
    assert client.post("/sign-in", data=data, headers={"Origin": "http://localhost"}).status_code == 303


def test_headers_guard_every_answer(client):
    for path in "/sign-in", "/nowhere":
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Request-Id"].startswith("req_")
