"""The ways somebody would try to get in as Ana, or to stay in after she sent them away."""
import re
import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update
from structlog.testing import capture_logs

from app.accounts import Seat, User
from app.accounts import sign_in as doors
from app.accounts.audit import Audit
from app.accounts.sign_in import ApiToken, SignIn, SignInLink, set_password
from app.kit.clock import real_now
from app.spine.db import across_accounts, db
from app.spine.jobs import Job
from tests.conftest import sign_in
from tests.wire.letters import PostOffice

PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def quick_hashes(request, monkeypatch):
    """A hundred guesses must not cost a minute; what the real hash costs is measured where time is the question."""
    if "time" not in request.node.name:
        monkeypatch.setattr(doors, "hasher", PasswordHasher(time_cost=1, memory_cost=256, parallelism=1))
        doors.nobody.cache_clear()
        request.addfinalizer(doors.nobody.cache_clear)


@pytest.fixture
def ana(account):
    ana = User(email="ana@harbor.test", name="Ana", seats=[Seat(account_id=account.id, role="company_owner")])
    set_password(ana, PASSWORD)
    db.session.add(ana)
    db.session.commit()
    return ana


@pytest.fixture
def post_office(app, monkeypatch):
    return PostOffice(app, monkeypatch)


def enter(browser, password=PASSWORD, **more):
    return browser.post("/sign-in", data={"email": "ana@harbor.test", "password": password, **more})


def cookie(browser) -> str | None:
    with browser.session_transaction() as session:
        return session.get("sid")


def ended(browser) -> bool:
    return browser.get("/settings/security").status_code == 303


def test_a_session_planted_before_signing_in_is_worth_nothing(app, client, ana):
    """Mallory puts a session of hers, or a made-up one, into Ana's browser and waits."""
    mallory = sign_in(app, db.session.get(Seat, ana.seats[0].id).account, "company_user", "mallory@harbor.test")
    planted = cookie(mallory)
    for sid in (planted, "made up"):
        with client.session_transaction() as session:
            session.update(sid=sid, csrf_token="c" * 40, browser="mallory's", after="//evil.test")
        assert enter(client).location == "/"
        with client.session_transaction() as session:
            assert session["sid"] not in (planted, "made up") and "browser" not in session and "after" not in session
            assert session.get("csrf_token") != "c" * 40
    assert SignIn.of(planted) is None, "the session that was there is over"


def test_a_new_id_comes_with_every_new_right(client, ana):
    enter(client)
    ids = [cookie(client)]
    client.post("/sign-in/confirmation", data={"password": PASSWORD})
    ids.append(cookie(client))
    client.post(f"/seats/{ana.seats[0].account.public_id}")
    ids.append(cookie(client))
    client.post("/settings/security/password", data={"password": "another long one"})
    ids.append(cookie(client))
    assert len(set(ids)) == 4 and [SignIn.of(sid) is None for sid in ids] == [True, True, True, False]


def test_a_link_is_good_once_and_for_ten_minutes(client, ana, post_office):
    client.post("/sign-in/links", data={"email": ana.email, "next": "/people"})
    path = post_office.link(ana.email)
    assert client.post(path).location == "/people"
    client.post("/sign-out")
    assert client.get(path).status_code == client.post(path).status_code == 410
    client.post("/sign-in/links", data={"email": ana.email})
    path = post_office.link(ana.email)
    db.session.execute(update(SignInLink).values(expires_at=real_now() - timedelta(seconds=1)))
    db.session.commit()
    assert client.post(path).status_code == 410 and ended(client)


def test_the_secret_of_a_link_stands_only_in_its_letter(client, ana, desk, post_office):
    client.post("/sign-in/links", data={"email": ana.email})
    desk.post("/settings/team/invitations", data={"email": "new@harbor.example.com", "role": "support"})
    secrets = [post_office.link(email).rpartition("/")[2] for email in (ana.email, "new@harbor.example.com")]
    with across_accounts():
        kept = str([row.args for row in db.session.scalars(select(Job))]) + str(
            [(row.hash, row.code) for row in db.session.scalars(select(SignInLink))]) + str(
            [(row.before, row.after) for row in db.session.scalars(select(Audit))])
    assert not any(secret in kept for secret in secrets)


def test_an_invitation_gives_a_seat_and_never_an_identity(app, client, desk, ana, other_account):
    """Olu invites Rita, who owns Rival, sees the address on his screen, and opens it himself."""
    rita = sign_in(app, other_account, "company_owner", "rita@rival.example.com")
    shown = desk.post("/settings/team/invitations", data={"email": "rita@rival.example.com", "role": "support"})
    path = re.search(r"/sign-in/links/[\w-]+", shown.text).group()
    for verb in (client.get, client.post):
        answer = verb(path)
        assert answer.status_code == 303 and answer.location == f"/sign-in?next={path}" and ended(client)
    for verb in (desk.get, desk.post):
        assert verb(path).status_code == 409
    assert "Rival" not in desk.get("/settings").text
    assert rita.get(path).status_code == 200 and rita.post(path).location == "/"
    assert "Harbor Run Club" in rita.get("/people").text and client.post(path).status_code == 410
    with across_accounts():
        seats = dict(db.session.execute(select(Seat.account_id, Seat.role).join(User).where(
            User.email == "rita@rival.example.com")).all())
    assert seats[other_account.id] == "company_owner" and sorted(seats.values()) == ["company_owner", "support"]


def test_somebody_new_comes_in_by_their_invitation(client, desk, ana):
    shown = desk.post("/settings/team/invitations", data={"email": "new@harbor.example.com", "role": "support"})
    path = re.search(r"/sign-in/links/[\w-]+", shown.text).group()
    assert client.get(path).status_code == 200 and client.post(path).status_code == 303 and not ended(client)


def test_an_invitation_that_is_withdrawn_opens_nothing(app, account, client, desk, post_office):
    """Olu mistyped an address; the letter is not out yet, and another one is."""
    desk.post("/settings/team/invitations", data={"email": "bo@harbor.example.com", "role": "support"})
    path = post_office.link("bo@harbor.example.com")
    desk.post("/settings/team/invitations", data={"email": "bo@harbor.example.com", "role": "company_owner"})
    page = desk.get("/settings/team").text
    assert page.count("the invitation of bo@harbor.example.com") == 2
    ada = sign_in(app, account, "company_admin", "ada@harbor.test")
    withdrawn = "/settings/team/invitations/removal"
    assert ada.post(withdrawn, data={"email": "bo@harbor.example.com"}).status_code == 403
    assert desk.post(withdrawn, data={"email": "Bo@harbor.example.com"}).status_code == 303
    assert "the invitation of" not in desk.get("/settings/team").text
    assert client.get(path).status_code == client.post(path).status_code == 410
    sent = len(post_office.parcels)
    assert post_office.link("bo@harbor.example.com") == path and len(post_office.parcels) == sent
    assert desk.post(withdrawn, data={"email": "bo@harbor.example.com"}).status_code == 404


def test_nobody_withdraws_anothers_invitations(app, desk, other_account):
    rival = sign_in(app, other_account, "company_owner", "rita@rival.example.com")
    shown = desk.post("/settings/team/invitations", data={"email": "new@harbor.example.com", "role": "support"})
    path = re.search(r"/sign-in/links/[\w-]+", shown.text).group()
    taken = rival.post("/settings/team/invitations/removal", data={"email": "new@harbor.example.com"})
    assert taken.status_code == 404 and app.test_client().get(path).status_code == 200


def test_guessing_a_password_is_stopped_and_says_for_how_long(app, client, ana):
    with capture_logs() as lines:
        answers = [enter(client, f"guess {number}") for number in range(12)]
    assert [one.status_code for one in answers] == [422] * 10 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert enter(client).status_code == 429, "the right one as well"
    assert [line["event"] for line in lines].count("sign_in.failed") == 10
    assert "rate.limited" in [line["event"] for line in lines]


def test_guessing_over_many_addresses_is_stopped_too(client, ana):
    answers = [client.post("/sign-in", data={"email": f"{n}@harbor.test", "password": "x"}) for n in range(21)]
    assert {one.status_code for one in answers[:20]} == {422} and answers[20].status_code == 429
    spoofed = client.post("/sign-in", data={"email": "z@harbor.test", "password": "x"},
                          headers={"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})
    assert spoofed.status_code == 429, "a made-up address of the caller changes nothing"


def test_guessing_the_six_digits_kills_the_link(app, client, ana, post_office):
    client.post("/sign-in/links", data={"email": ana.email})
    path, elsewhere = post_office.link(ana.email), app.test_client()
    assert [elsewhere.post(path, data={"code": f"{n:06d}"}).status_code for n in range(6)] == [422] * 4 + [410] * 2
    assert client.post(path).status_code == 410


def plain(answer, email) -> str:
    """A page without what differs anyway: the address that was typed, the form's token, the six digits."""
    text = answer.text.replace(email, "?").split("<main")[-1]
    return re.sub(r'name="csrf_token" value="[^"]+"|<strong>\d{6}</strong>', "", text)


def test_nobody_learns_from_the_words_who_has_an_account(client, ana, post_office):
    told = {}
    for email in (ana.email, "nobody@harbor.test"):
        wrong = client.post("/sign-in", data={"email": email, "password": "wrong one"})
        asked = client.post("/sign-in/links", data={"email": email})
        told[email] = [(one.status_code, sorted(one.headers.keys()), plain(one, email)) for one in (wrong, asked)]
    assert told[ana.email] == told["nobody@harbor.test"]
    with across_accounts():
        jobs = db.session.scalars(select(Job).where(Job.name == "accounts.mail.post_link")).all()
    assert len(jobs) == 2, "the same work is left for both, and done where nobody outside sees it"


def test_nobody_learns_it_from_the_time(app, ana):
    """The password is compared with a hash either way: both take as long as one comparison."""
    def seconds(email):
        began = time.process_time()                          # of this process: others may be busy
        assert doors.by_password(email, "wrong one") is None
        return time.process_time() - began
    doors.nobody()
    found = {email: min(seconds(email) for _ in range(5)) for email in (ana.email, "x@harbor.test")}
    assert 0.5 < found[ana.email] / found["x@harbor.test"] < 2


def test_a_form_without_its_token_or_with_another_browsers_is_refused(app, client, ana):
    enter(client)
    other = app.test_client()
    foreign, client.forge = other.csrf(), True
    with other.session_transaction() as session:
        session["csrf_token"] = "d" * 40
    foreign = other.csrf()
    for headers in ({}, {"X-CSRFToken": foreign}, {"X-CSRFToken": "made.up.one"}, {"HX-Request": "true"}):
        answer = client.post("/settings", data={"name": "Taken", "timezone": "UTC", "currency": "USD"}, headers=headers)
        assert answer.status_code == 400, headers
    token = {"X-CSRFToken": client.csrf()}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
                    {"Origin": "http://localhost.evil.test"}):
        assert client.post("/sign-out", headers={**token, **headers}).status_code == 400, headers
    assert not ended(client) and "Taken" not in client.get("/settings").text


ENDINGS = {
    "signing out": lambda desk, ana, browser: browser.post("/sign-out"),
    "signing out everywhere": lambda desk, ana, browser: browser.post("/sign-out/everywhere"),
    "another role": lambda desk, ana, browser: desk.post(
        f"/settings/team/seats/{ana.public_id}", data={"role": "support"}),
    "losing the seat": lambda desk, ana, browser: desk.post(f"/settings/team/seats/{ana.public_id}/removal"),
    "a new password elsewhere": lambda desk, ana, browser: _from_elsewhere(browser),
    "being disabled": lambda desk, ana, browser: _disable(ana),
    "two weeks of silence": lambda desk, ana, browser: _age(seen_at=real_now() - timedelta(days=15)),
    "sixty days": lambda desk, ana, browser: _age(began_at=real_now() - timedelta(days=61)),
}


def _from_elsewhere(browser):
    elsewhere = browser.application.test_client()
    enter(elsewhere)
    assert elsewhere.post("/settings/security/password", data={"password": "another long one"}).status_code == 303


def _disable(ana):
    ana.disabled_at = real_now()
    db.session.commit()


def _age(**values):
    db.session.execute(update(SignIn).values(**values))
    db.session.commit()


@pytest.mark.parametrize("how", ENDINGS)
def test_a_session_ends_at_once_with(app, client, desk, ana, how):
    enter(client)
    stolen = app.test_client()
    with stolen.session_transaction() as session:
        session["sid"] = cookie(client)
    assert not ended(stolen)
    ENDINGS[how](desk, ana, client)
    assert ended(stolen)


def test_looking_keeps_a_session_alive(client, ana):
    enter(client)
    old = real_now() - timedelta(days=13)
    _age(seen_at=old)
    assert client.get("/people").status_code == 200
    db.session.expire_all()
    assert db.session.scalar(select(SignIn.seen_at)) > real_now() - timedelta(minutes=1)


def test_a_token_says_when_it_was_last_used(app, account):
    _, secret = ApiToken.make(account, "company_user", "reader")
    db.session.commit()
    client = app.test_client()
    for _ in range(2):
        assert client.get("/api/v1/people", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    db.session.expire_all()
    assert db.session.scalar(select(ApiToken.used_at)) > real_now() - timedelta(minutes=1)


@pytest.mark.parametrize("change", [{"revoked_at": 0}, {"expires_at": -1}])
def test_a_token_that_is_over_opens_nothing(app, account, change):
    row, secret = ApiToken.make(account, "company_owner", "old")
    for name, minutes in change.items():
        setattr(row, name, real_now() + timedelta(minutes=minutes))
    db.session.commit()
    client = app.test_client()
    for given in (secret, secret[:-1], secret.upper(), "", "ra_live_", row.hash, row.public_id):
        answer = client.get("/api/v1/people", headers={"Authorization": f"Bearer {given}"})
        assert answer.status_code == 401 and "Basic" not in answer.headers.get("WWW-Authenticate", "")


def test_a_token_and_a_cookie_together_are_refused(client, ana, account):
    _, secret = ApiToken.make(account, "company_owner", "x")
    db.session.commit()
    enter(client)
    assert client.get("/api/v1/people", headers={"Authorization": f"Bearer {secret}"}).status_code == 400


GRAVE = [("GET", "/people/export.csv", {}), ("GET", "/figures/mrr.csv", {}),
         ("POST", "/settings/tokens", {"name": "x", "role": "company_user"}),
         ("POST", "/settings/security/password", {"password": "another long one"}),
         ("POST", "/settings/team/invitations", {"email": "bo@harbor.example.com", "role": "support"})]


@pytest.mark.parametrize("method, path, form", GRAVE)
def test_what_cannot_be_taken_back_asks_once_more_who_it_is(client, ana, method, path, form):
    enter(client)
    _age(proved_at=real_now() - timedelta(minutes=11))
    headers = {"X-CSRFToken": client.csrf(), "Referer": "http://localhost/settings/tokens?tab=x"}
    asked = client.open(path, method=method, data=form, headers=headers)
    back = path if method == "GET" else "/settings/tokens?tab=x"
    assert asked.status_code == 303 and asked.location.startswith("/sign-in/confirmation?next=")
    assert "Confirm it is you" in client.get(asked.location).text
    wrong = client.post("/sign-in/confirmation", data={"password": "no", "next": back})
    assert wrong.status_code == 422 and client.open(path, method=method, data=form, headers=headers).status_code == 303
    right = client.post("/sign-in/confirmation", data={"password": PASSWORD, "next": back})
    assert (right.status_code, right.location) == (303, back)
    done = client.open(path, method=method, data=form, headers={"X-CSRFToken": client.csrf()})
    assert "/sign-in/confirmation" not in (done.location or "") and done.status_code in (200, 303)


def test_without_password_and_mail_it_is_the_terminal_that_proves(app, client, ana, monkeypatch):
    enter(client)
    ana.password_hash = None
    _age(proved_at=real_now() - timedelta(minutes=11))
    page = client.get(client.get("/people/export.csv").location)
    assert "user create ana@harbor.test --account harbor" in page.text
    monkeypatch.setitem(app.config, "APP_ENV", "local")
    assert client.get("/people/export.csv").status_code == 200


def test_a_link_confirms_as_well(client, ana, post_office):
    enter(client)
    _age(proved_at=real_now() - timedelta(minutes=11))
    client.post("/sign-in/links", data={"email": ana.email, "next": "/people/export.csv"})
    assert client.post(post_office.link(ana.email)).location == "/people/export.csv"
    assert client.get("/people/export.csv").mimetype == "text/csv"


def test_confirming_cannot_be_guessed(client, ana):
    enter(client)
    answers = [client.post("/sign-in/confirmation", data={"password": f"guess {n}"}).status_code for n in range(11)]
    assert answers[0] == 422 and answers[-1] == 429


def test_an_htmx_form_is_led_to_the_page_as_well(client, ana, htmx):
    enter(client)
    _age(proved_at=real_now() - timedelta(minutes=11))
    answer = client.post("/settings/tokens", data={"name": "x", "role": "company_user"},
                         headers={**htmx, "HX-Current-URL": "https://evil.test/x", "Referer": "https://evil.test//x"})
    assert answer.headers["HX-Redirect"] == "/sign-in/confirmation?next=/"
