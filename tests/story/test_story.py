"""The main job, end to end: real processes, HTTP, SMTP and signed webhooks. One message, one credit."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.wire import free_port, own_database, sign_whop, until

ROOT = Path(__file__).parents[2]
SAMPLES = json.loads((ROOT / "tests" / "wire" / "whop-samples.json").read_text())
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
LATER = ("current_period_end", "next_payment_attempt_at", "settlement_time_at", "canceled_at")
SECRET = "ws_story_secret"


class Mailbox:
    """What the SMTP server was handed."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


@pytest.fixture
def mailbox():
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.url = f"smtp://127.0.0.1:{server.port}"
    yield box
    server.stop()


@pytest.fixture
def database():
    with own_database("story") as url:
        yield url


class Desk:
    """An installation of its own: commands, a web server and a worker, as the Procfile starts them."""

    def __init__(self, folder, database, mail):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, "APP_ENV": "test", "DATA_DIR": str(folder), "DATABASE_URL": database,
                    "PORT": str(self.port), "PUBLIC_URL": self.url, "SMTP_URL": mail, "SMTP_FROM": "desk@example.test",
                    "SECRET_KEY": "a story needs a key of its own", "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
                    "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port} --log-level warning",
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "WEB_CONCURRENCY": "1"}
        self.processes = []

    def flask(self, *words) -> str:
        return subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *words], cwd=ROOT, env=self.env,
                              check=True, capture_output=True, text=True).stdout.strip()

    def start(self):
        for command in ("gunicorn wsgi:app --worker-class gthread --threads 4 --no-control-socket", "python worker.py"):
            self.processes.append(subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=ROOT, env=self.env,
                                                   stdin=subprocess.PIPE))
        self.until(lambda: self.get("/health/live", raw=True), "the web server answers", 45)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)

    def get(self, path, raw=False, **headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=10) as answer:
                return answer.status if raw else json.loads(answer.read())
        except OSError:
            return None

    def api(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def whop(self, kind, **data) -> int:
        """Send a signed envelope made of a recorded one; the status of the answer."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        told = json.loads(MOMENT.sub(now, json.dumps(SAMPLES[kind])))
        told["id"] = f"msg_{uuid.uuid4().hex}"
        told["data"].update({name: None for name in LATER if name in told["data"]}, **data)
        raw = json.dumps(told).encode()
        request = urllib.request.Request(self.url + self.hook, data=raw, method="POST",
                                         headers={"Content-Type": "application/json",
                                                  **sign_whop(SECRET, told["id"], raw)})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status

    until = staticmethod(until)


@pytest.fixture
def desk(tmp_path, database, mailbox):
    desk = Desk(tmp_path, database, mailbox.url)
    desk.flask("db", "upgrade")
    desk.flask("account", "create", "harbor", "--name", "Harbor Run Club")
    made = json.loads(desk.flask("connection", "add", "whop", "--account", "harbor", "--set",
                                 f"webhook_secret={SECRET}"))
    desk.hook = made["webhook_path"]
    desk.token = desk.flask("token", "create", "--account", "harbor")
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


def test_from_a_failed_payment_to_the_money(desk, mailbox):
    [rescue] = [one for one in desk.api("GET", "/automations")["data"] if one["name"] == "Payment Failed"]
    assert rescue["enabled"] is False, "nobody is messaged before its owner says so"
    desk.api("PATCH", f"/automations/{rescue['id']}", {"hold_out": 0})
    desk.api("POST", f"/automations/{rescue['id']}/activation")
    assert desk.whop("member.created") == desk.whop("membership.activated") == 202
    assert desk.whop("payment.failed") == 202
    letter = desk.until(lambda: mailbox.letters, "the playbook's message is in the mailbox", 45)[0]
    assert letter["To"].endswith("mira@example.test>") or letter["To"] == "mira@example.test"
    words = letter.get_body(("plain",)).get_content()
    assert "$49.00" in words and "Mira" in words
    link = re.search(rf"{re.escape(desk.url)}/t/c/\w+", words).group()
    time.sleep(2.1)                                    # a click within two seconds would be a scanner's
    click = urllib.request.Request(link, headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/604.1"})
    opener = urllib.request.build_opener(type("Stay", (urllib.request.HTTPRedirectHandler,),
                                              {"redirect_request": lambda *_: None}))
    with pytest.raises(urllib.error.HTTPError) as moved:
        opener.open(click)
    assert moved.value.code == 302
    assert desk.whop("payment.succeeded", id=SAMPLES["payment.failed"]["data"]["id"]) == 202
    [message] = desk.until(lambda: [one for one in desk.api("GET", "/messages")["data"] if one["clicked_at"]],
                           "the click is on the message", 45)
    assert message["state"] in ("sent", "delivered")
    earned = desk.until(lambda: credited(desk), "the payment is credited", 45)
    assert earned == 4900
    [payment] = desk.api("GET", "/payments")["data"]
    assert payment["recovered"] is True and payment["total"] == {"amount": 4900, "currency": "USD"}
    [person] = desk.api("GET", "/people")["data"]
    assert person["total_spent"]["amount"] == 4900 and person["membership_status"] == "active"
    time.sleep(1)
    assert len(mailbox.letters) == 1, "one message, and no second one after the payment"
    states = {one["state"] for one in desk.api("GET", "/deliveries")["data"]}
    assert states == {"processed"}


def credited(desk) -> int:
    """Recovered revenue as the dashboard tells it, in minor units."""
    return desk.api("GET", "/analytics/dashboard")["recovered_revenue"]["amount"]
