"""Canaries of every kind are planted and the house is driven hard; nothing it writes down sings."""
import json
import logging

import pytest
import structlog
from sqlalchemy import select, text

from app.accounts.sign_in import ApiToken
from app.connections import Connection
from app.messaging import Template
from app.people import meet
from app.spine import logs
from app.spine.db import as_account, db
from app.spine.facts import PersonRef
from app.spine.jobs import drain, job
from tests.conftest import sign_in
from tests.wire import sign_whop
from tests.wire.letters import PostOffice

CANARIES = {"password": "hunter2 canary pass", "signing secret": "ws_canarysigningsecret",
            "api key": "apik_canary4242key", "stripe key": "sk_live_canary42",
            "stripe secret": "whsec_canarysecret42", "smtp password": "smtpcanary42",
            "card": "4242424242424242", "spaced card": "4000 0566 5566 5556", "email": "canary.bird@nest.example",
            "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJlY2FuYXJ5"}


class Paper:
    """Everything written to standard error so far."""

    def __init__(self, capsys):
        self.capsys, self.text = capsys, ""

    def getvalue(self) -> str:
        self.text += self.capsys.readouterr().err
        return self.text


@pytest.fixture
def written(app, monkeypatch, capsys):
    """What the house writes to its log, as on a server: JSON lines at the level of a server."""
    before = structlog.get_config()
    monkeypatch.setattr(app, "testing", False)
    logs.start(app)
    standard = logging.StreamHandler()
    logging.getLogger().addHandler(standard)
    yield Paper(capsys)
    logging.getLogger().removeHandler(standard)
    structlog.configure(**before)


@job
def broken(kind):
    """A job that fails and says what it was holding."""
    raise RuntimeError(f"{kind}: could not post {CANARIES['email']} with {CANARIES['stripe key']} and "
                       f"{CANARIES['card']}, Authorization: Bearer {CANARIES['jwt']}")


def lines(paper) -> list[dict]:
    return [json.loads(line) for line in paper.getvalue().splitlines() if line.startswith("{")]


def singing(where: str, heard: str, secrets: dict) -> list[str]:
    return [f"{name} in {where}" for name, secret in secrets.items() if secret.lower() in heard.lower()]


@pytest.fixture
def driven(app, account, written, monkeypatch):
    """A day at the desk in which every secret is used, rightly and wrongly. Gives what the canaries are by now."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    post, secrets = PostOffice(app, monkeypatch), dict(CANARIES)
    desk, client = sign_in(app, account, "company_owner", "olu@harbor.test"), app.test_client()
    with desk.session_transaction() as session:
        secrets["session"] = session["sid"]
    answers = []
    desk.post("/settings/security/password", data={"password": secrets["password"]})
    with desk.session_transaction() as session:
        secrets["next session"] = session["sid"]
    for password in (secrets["password"], secrets["password"] + " wrong"):
        answers.append(client.post("/sign-in", data={"email": secrets["email"], "password": password}))
    client.post("/sign-in/links", data={"email": "olu@harbor.test"})
    secrets["link"] = post.link("olu@harbor.test").rpartition("/")[2]
    desk.post("/settings/connections/new/whop", data={"webhook_secret": secrets["signing secret"],
                                                      "api_key": secrets["api key"]})
    desk.post("/settings/connections/new/stripe", data={"webhook_secret": secrets["stripe secret"],
                                                        "api_key": secrets["stripe key"]})
    desk.post("/settings/sending", data={"server": f"smtp://u:{secrets['smtp password']}@mail.example.com:587",
                                         "channels": "email", "default_channel": "email", "consent": "customers",
                                         "quiet_start": "21:00", "quiet_end": "08:00", "cap_day": "2", "cap_week": "5"})
    with as_account(account.id):
        _, secrets["token"] = ApiToken.make(account, "company_owner", "tests")
        tie = db.session.scalar(select(Connection).where(Connection.source == "whop"))
        path = tie.webhook_path
        meet(PersonRef(email=secrets["email"], name="Canary Bird"), "whop")
        broken.later("poison")
        db.session.commit()
    bearer = {"Authorization": f"Bearer {secrets['token']}"}
    answers += [client.get("/api/v1/people", headers=bearer), client.get("/api/v1/people/x", headers=bearer),
                client.get(f"/api/v1/people?access_token={secrets['token']}"),
                client.get("/api/v1/people", headers={"Authorization": f"Bearer {secrets['token']}x"}),
                client.post("/api/v1/people", headers=bearer, data=f'{{"password": "{secrets["password"]}"',
                            content_type="application/json")]
    raw = json.dumps({"type": "payment.failed", "timestamp": "x", "data": {
        "id": "pay_x", "status": "failed", "total": {"amount": "what", "currency": secrets["card"]},
        "customer_email": secrets["email"]}}).encode()
    answers.append(client.post(path, data=raw, headers=sign_whop(secrets["signing secret"], "msg_1", raw)))
    answers.append(client.post(path, data=raw, headers=sign_whop(secrets["signing secret"] + "x", "msg_2", raw)))
    monkeypatch.setattr(Template, "find_or_404", boom)
    answers.append(desk.get(f"/messages/templates/x?secret={secrets['stripe key']}&card={secrets['card']}"))
    answers.append(desk.get(f"/nowhere/{secrets['jwt']}"))
    drain()
    assert answers[-2].status_code == 500
    return secrets, answers


def boom(*_args):
    raise RuntimeError(f"lost {CANARIES['stripe key']} of {CANARIES['email']} paying by {CANARIES['spaced card']}")


def test_nothing_that_is_written_down_sings(app, driven, written):
    secrets, answers = driven
    heard = written.getvalue()
    found = singing("the log", heard, secrets)
    found += [one for answer in answers for one in singing(f"the answer {answer.status}", answer.text, {
        name: secret for name, secret in secrets.items() if name != "email"})]
    with db.engine.connect().execution_options(reading=True) as connection:
        for table in ("jobs", "audits", "sign_ins", "sign_in_links", "api_tokens", "users", "connections",
                      "mail_servers", "buckets", "marks", "idempotent_calls", "events"):
            rows = str(connection.execute(text(f"select * from {table}")).all())
            found += singing(table, rows, {name: secret for name, secret in secrets.items()
                                           if name != "email"})
        errors = str(connection.execute(text("select error from deliveries")).all())
        errors += str(connection.execute(text("select error from jobs")).all())
    found += singing("an error that a screen shows", errors, secrets)
    assert found == []
    assert "unforeseen" in heard and "job.failed" in heard and "[masked]" in heard


def test_every_request_has_its_line_and_every_door_its_event(driven, written):
    told = lines(written)
    requests = [line for line in told if line["event"] == "request"]
    assert {"id", "method", "path", "status", "ms", "account", "actor"} <= set(requests[0])
    assert all("?" not in line["path"] for line in requests)
    assert {line["status"] for line in requests} >= {200, 303, 400, 401, 404, 500}
    events = {line["event"] for line in told}
    assert {"sign_in.failed", "token.used", "token.refused", "webhook.signature_refused"} <= events
    actions = {(line["action"], line["object"]) for line in told if line["event"] == "security"}
    assert {("update", "users"), ("create", "connections")} <= actions


def test_what_people_do_to_rights_is_logged(app, account, desk, visitor_desk, written, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    desk.post("/settings/tokens", data={"name": "x", "role": "company_user"})
    with as_account(account.id):
        token = db.session.scalar(select(ApiToken.public_id))
    desk.post(f"/settings/tokens/{token}/removal")
    desk.get("/people/export.csv")
    visitor_desk.post("/settings", data={"name": "Mine"})
    from app.accounts import User
    mel = db.session.get(User, visitor_desk.user_id).public_id
    desk.post(f"/settings/team/seats/{mel}", data={"role": "support"})
    actions = [(line["action"], line["object"]) for line in lines(written) if line["event"] == "security"]
    for action in (("create", "api_tokens"), ("update", "api_tokens"), ("export", "people"),
                   ("denied", "settings.save"), ("update", "seats")):
        assert action in actions


@pytest.mark.parametrize("name", CANARIES)
def test_the_filter_masks_each_kind_anywhere(name):
    secret = CANARIES[name]
    by_name = {"password": "password", "api key": "api_key", "smtp password": "server_password",
               "signing secret": "webhook_secret"}.get(name)
    told = logs.redact(None, None, {by_name or "says": secret, "deep": {"a": ["x", {by_name or "b": secret}]},
                                    "exception": f"Traceback\n  x = {secret!r}" if by_name is None else ""})
    assert secret not in str(told)


def test_a_line_is_one_line():
    told = logs.redact(None, None, {"event": "x", "says": "a\r\nfake: line\x1b[31m\x00"})
    assert not [letter for letter in told["says"] if ord(letter) < 32]


def test_a_number_that_is_no_card_stays_readable():
    told = logs.redact(None, None, {"event": "job", "says": "invoice 1234567890123456 in 12 ms"})
    assert "1234567890123456" in told["says"]
