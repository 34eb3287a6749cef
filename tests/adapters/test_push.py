"""Whop notifications against a server that answers as Whop does."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.adapters.whop import push
from app.adapters.whop.push import Push
from app.connections import Connection
from app.messaging import send
from app.people import Identity
from app.spine.db import db
from app.spine.jobs import drain
from app.spine.sockets import CHANNELS, Parcel
from tests.messaging.conftest import a_person, a_template, at_noon  # noqa: F401 - a fixture
from tests.wire import free_port

PARCEL = Parcel(key="msg_1", to="user_ana", subject="Hi Ana", text="Your card", link="/t/c/abc")


class Whop(ThreadingHTTPServer):
    """Keeps what it was asked; answers `status`, or nothing at all."""
    daemon_threads = True

    def __init__(self):
        self.asked, self.status, self.headers, self.silent = [], 200, {}, threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        if self.server.status == "silence":
            self.server.silent.wait(5)
            return
        answer = b'{"success": true}' if self.server.status == 200 else b'{"error": {"message": "no"}}'
        self.send_response(self.server.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(answer)),
                            **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        return


@pytest.fixture
def whop(app, monkeypatch):
    served = Whop()
    threading.Thread(target=served.serve_forever, daemon=True).start()
    monkeypatch.setitem(app.config, "WHOP_API_BASE", f"http://127.0.0.1:{served.server_port}")
    yield served
    served.silent.set()
    served.shutdown()
    served.server_close()


@pytest.fixture
def connection(account):
    made = Connection.add("whop", account.id, api_key="apik_1", experience_id="exp_1")
    db.session.commit()
    return made


def test_a_notification_goes_to_one_person_with_our_key(whop, connection):
    receipt = Push({"connection": connection}).deliver(PARCEL)
    assert (receipt.kind, receipt.provider_id) == ("sent", "whop:msg_1")
    [(path, headers, body)] = whop.asked
    assert path == "/api/v1/notifications" and headers["Authorization"] == "Bearer apik_1"
    assert {name.lower(): value for name, value in headers.items()}["idempotency-key"] == "msg_1"
    assert body == {"title": "Hi Ana", "content": "Your card", "user_ids": ["user_ana"], "experience_id": "exp_1",
                    "rest_path": "/t/c/abc"}


@pytest.mark.parametrize(("status", "kind", "words"), [
    (429, "retry", "wait"), (500, "retry", "500"), (503, "retry", "503"), (400, "failed", "400"),
    (401, "failed", "API key"), (403, "failed", "permission"), (404, "failed", "experience"), (422, "failed", "422")])
def test_each_refusal_has_its_meaning(whop, connection, status, kind, words):
    whop.status, whop.headers = status, {"Retry-After": "90"} if status == 429 else {}
    receipt = Push({"connection": connection}).deliver(PARCEL)
    assert receipt.kind == kind and words in receipt.reason and len(whop.asked) == 1
    assert receipt.retry_after == (90 if status == 429 else None)


def test_silence_after_the_words_is_unclear(whop, connection, monkeypatch):
    monkeypatch.setattr(push, "JOB_TIMEOUT", 1)
    whop.status = "silence"
    assert Push({"connection": connection}).deliver(PARCEL).kind == "unclear" and len(whop.asked) == 1


def test_nobody_there_is_asked_again(app, connection, monkeypatch):
    monkeypatch.setitem(app.config, "WHOP_API_BASE", f"http://127.0.0.1:{free_port()}")
    assert Push({"connection": connection}).deliver(PARCEL).kind == "retry"


def test_the_connection_form_makes_push_possible(desk, account, whop):
    typed = {"webhook_secret": "ws_1", "api_key": "apik_1", "external_account": "biz_1", "experience_id": "exp_1"}
    made = desk.post("/settings/connections/new/whop", data=typed)
    assert made.status_code == 303
    form = desk.get(made.location).text
    assert 'value="exp_1"' in form and 'value="biz_1"' in form and "apik_1" not in form
    connection = Connection.find(made.location.rpartition("/")[2])
    assert Push({"connection": connection}).deliver(PARCEL).kind == "sent"
    assert whop.asked[0][2]["experience_id"] == "exp_1"
    desk.post(made.location, data={"name": "Whop", "api_key": ""})
    assert Connection.find(connection.public_id).credential("experience_id") == "exp_1"
    desk.post(made.location, data={"name": "Whop", "api_key": "", "experience_id": ""})
    assert "no experience" in Push({"connection": Connection.find(connection.public_id)}).trouble


@pytest.mark.parametrize(("settings", "words"), [({"api_key": "k"}, "no experience"),
                                                 ({"experience_id": "e"}, "no API key")])
def test_without_credentials_it_says_what_is_missing(account, settings, words):
    made = Connection.add("whop", account.id, **settings)
    receipt = Push({"connection": made}).deliver(PARCEL)
    assert receipt.kind == "failed" and words in receipt.reason


@pytest.mark.usefixtures("at_noon")
def test_a_message_goes_out_through_whop(whop, connection):
    ana = a_person(name="Ana", stage="member")
    db.session.add(Identity(person_id=ana.id, kind="whop_user", value="user_ana", source="whop"))
    message = send(ana, a_template(channel="push", body="Look: [here](https://club.example/x)"), dedupe_key="one")
    db.session.commit()
    drain()
    assert (message.state, message.address) == ("sent", "user_ana")
    body = whop.asked[0][2]
    assert body["title"] == "Hi Ana" and body["user_ids"] == ["user_ana"] and body["rest_path"].startswith("/t/c/")


def test_it_is_plugged_in(app):
    assert CHANNELS["push"] is Push and not Push.keyed
