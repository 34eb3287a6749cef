"""An installation whose processes are killed at random, and a sender that repeats what was not answered."""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue

from tests.wire import free_port, sign_whop, until

ROOT = Path(__file__).resolve().parents[2]
SECRET = "ws_storm_secret"


class House:
    """Web and worker over one database; `kill` ends some at once, and what ended is started again."""

    def __init__(self, app, **settings):
        self.port, self.pids, self.dice = free_port(), {}, random.Random(11)
        env = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
               "DATA_DIR": str(app.config["DATA_DIR"]), "SECRET_KEY": app.config["SECRET_KEY"], "PORT": str(self.port),
               "PUBLIC_URL": f"http://127.0.0.1:{self.port}", "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
               "PYTHONPATH": str(ROOT), "OUTSIDE_PRIVATE": "1", **settings}
        self.launcher = subprocess.Popen([sys.executable, "-m", "tests.storms.launcher"], cwd=ROOT, env=env, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while self.launcher.stdout.readline().strip() != "ready":
            assert self.launcher.poll() is None, "the launcher did not start"

    def start(self, *names) -> None:
        for name in names or ("web", "worker"):
            self.launcher.stdin.write(f"{name}\n")
            self.launcher.stdin.flush()
            self.pids[name] = int(self.launcher.stdout.readline())

    def kill(self) -> str:
        """One of: the worker, one web process, the web server's head, everything. Killed outright, then started."""
        what = self.dice.choice(("worker", "worker", "web", "web process", "everything"))
        if what == "web process":
            children = subprocess.run(["pgrep", "-P", str(self.pids["web"])], capture_output=True, text=True).stdout
            for pid in children.split()[:1]:
                self.end(int(pid))
            return what
        names = ("web", "worker") if what == "everything" else (what,)
        for name in names:
            self.end_group(name)
        self.start(*names)
        return what

    def get(self, path: str, **headers):
        """(status, headers, text); 0 while nobody answers."""
        return self.ask("GET", path, None, headers)

    def hook(self, path: str, event_id: str, raw: bytes):
        """One signed webhook."""
        return self.ask("POST", path, raw, sign_whop(SECRET, event_id, raw))

    def ask(self, method: str, path: str, body, headers):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, {}, ""
        finally:
            line.close()

    until = staticmethod(until)

    def end_group(self, name: str) -> None:
        try:
            os.killpg(self.pids[name], signal.SIGKILL)
        except ProcessLookupError:
            return                                  # it had not begun yet

    @staticmethod
    def end(pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def close(self) -> None:
        for name in self.pids:
            self.end_group(name)
        self.launcher.stdin.close()
        self.launcher.wait(20)


class Sender:
    """Sends signed events at a steady rate; each is repeated until it is answered with 202, one in ten once more."""

    def __init__(self, port: int, path: str, rate: float):
        self.port, self.path, self.rate = port, path, rate
        self.waiting, self.acknowledged, self.answers, self.dice = Queue(), set(), {}, random.Random(5)
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(6)]
        for thread in self.threads:
            thread.start()

    def send(self, events) -> None:
        """Offer the events at the rate, in order; returns when all were offered once."""
        began = time.monotonic()
        for number, event in enumerate(events):
            time.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            self.waiting.put(event)

    def work(self) -> None:
        while not self.stopping.is_set():
            try:
                event_id, raw = self.waiting.get(timeout=0.2)
            except Empty:
                continue
            status = self.post(event_id, raw)
            with self.lock:
                self.answers[status] = self.answers.get(status, 0) + 1
                new = status == 202 and event_id not in self.acknowledged
                if status == 202:
                    self.acknowledged.add(event_id)
            if status != 202 or (new and self.dice.random() < 0.1):
                time.sleep(0.2)
                self.waiting.put((event_id, raw))

    def post(self, event_id: str, raw: bytes) -> int:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=35)
        try:
            line.request("POST", self.path, raw, sign_whop(SECRET, event_id, raw))
            return line.getresponse().status
        except OSError:
            return 0
        except http.client.HTTPException:
            return 0
        finally:
            line.close()

    def close(self) -> None:
        self.stopping.set()


def event(kind: str, event_id: str, at: str, data: dict) -> tuple[str, bytes]:
    """(id, body) of one Whop envelope."""
    return event_id, json.dumps({"id": event_id, "type": kind, "timestamp": at, "account_id": "biz_Storm",
                                 "api_version": "v1", "api_version_date": "2026-10-15-1", "data": data}).encode()
