"""Whop's notification address, as bad as a provider can be: in a share of the calls it hangs up, stalls or refuses."""
import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("hang up before", "hang up after", "error", "busy, seconds", "busy, date", "stall")
STALL = 3


class Provider:
    """`taken` counts what reached somebody: key -> times. With `keyed` a key seen before is answered and no more."""

    def __init__(self, share: float, keyed: bool, seed: int = 7):
        self.share, self.keyed, self.dice, self.lock = share, keyed, random.Random(seed), threading.Lock()
        self.taken, self.faults, self.calls, self.silent = {}, dict.fromkeys(FAULTS, 0), 0, set()
        provider = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                provider.answer(self, self.headers["Idempotency-Key"])

            def log_message(self, *args):
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, door, key: str) -> None:
        with self.lock:
            self.calls += 1
            fault = self.dice.choice(FAULTS) if self.dice.random() < self.share else None
            if fault:
                self.faults[fault] += 1
            if fault in ("hang up before", "hang up after", "stall"):
                self.silent.add(key)
            if fault in (None, "hang up after", "stall"):
                self.take(key)
        if fault in ("hang up before", "hang up after"):
            door.close_connection = True
            door.connection.close()
            return
        if fault == "stall":
            time.sleep(STALL)
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        status = {"error": 500, "busy, seconds": 429, "busy, date": 429}.get(fault, 200)
        headers = {"busy, seconds": {"Retry-After": "1"}, "busy, date": {"Retry-After": soon}}.get(fault, {})
        self.say(door, status, headers)

    def take(self, key: str) -> None:
        if not (self.keyed and key in self.taken):
            self.taken[key] = self.taken.get(key, 0) + 1

    @staticmethod
    def say(door, status: int, headers: dict) -> None:
        raw = json.dumps({"success": True} if status == 200 else {"error": {"type": "x", "message": "x"}}).encode()
        try:
            door.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(raw)}.items():
                door.send_header(name, str(value))
            door.end_headers()
            door.wfile.write(raw)
        except OSError:
            return                        # whoever asked was killed meanwhile

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
