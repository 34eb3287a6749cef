"""Calls to a vendor's JSON API: three tries, a pause that grows, and outcomes that callers can act on.

The address is the vendor's own, the operator's (WHOP_API_BASE, STRIPE_API_BASE) or one that somebody typed into a
connection; only the operator's may lie inside our network. Never inside a transaction.
"""
import json
import math
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import current_app

from app.connections import Unreadable, parse
from app.kit import http
from app.kit.redact import mask
from app.spine.sources import Away, Busy, Denied, Forbidden, Odd

TRIES, LONGEST, MOST = 3, 10, 32 << 20            # a wait longer than LONGEST is not slept through
ASKS = re.compile(r"(?:in|after|wait)\D{0,20}(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Wire:
    """How to reach one vendor with one key: `label` is what people call it."""
    label: str
    root: str
    headers: dict = field(default_factory=dict)
    ours: bool = False                            # the address is the operator's setting or the vendor's own

    def ask(self, method: str, path: str, *, query=(), form=None, body=None, tries: int = TRIES):
        """The JSON object that came back; raises Denied, Forbidden, Busy, Away or Odd."""
        for left in range(tries - 1, -1, -1):
            try:
                return self._once(method, path, query, form, body)
            except (Busy, Away) as trouble:
                again = getattr(trouble, "seconds", None) or 2 ** (tries - 1 - left)
                if not left or again > LONGEST or (isinstance(trouble, Away) and method == "POST"):
                    raise
                pause(again)

    def _once(self, method, path, query, form, body):
        pairs = [(name, value) for name, value in query if value is not None]
        url = f"{self.root}{path}{'?' if pairs else ''}{urlencode(pairs)}"
        headers = {"Accept": "application/json", **self.headers}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            answer = http.fetch(method, url, headers=headers, json=body, limit=MOST, allow_private=self.allowed,
                                content=urlencode(form).encode() if form is not None else None)
        except http.Unreachable as error:
            raise Away(f"{self.label} did not answer ({error.why}).") from None
        except UnicodeError:                     # a header takes no such letters, and no vendor's key has them
            raise Denied(f"{self.label} has no such key: it holds letters that no key has.") from None
        return self._read(answer)

    @property
    def allowed(self) -> bool:
        return self.ours or bool(current_app.config["OUTSIDE_PRIVATE"])

    def _read(self, answer: http.Answer) -> dict:
        if answer.ok:
            return self._object(answer)
        status, said = answer.status, message_of(answer)
        if status == 401:
            raise Denied(f"{self.label} does not know this key any more. Give it a new one under Change it.")
        if status == 403:
            raise Forbidden(said or f"{self.label} does not allow this key to do that.")
        if status == 429:
            raise Busy(f"{self.label} asks us to slow down.", seconds_of(answer, said))
        if status >= 500 or status == 408:
            raise Away(f"{self.label} answers with errors of its own (status {status}).")
        raise Odd(f"{self.label} answered {status}{': ' + said if said else ''}", status)

    def _object(self, answer) -> dict:
        try:
            return parse(answer.body or b"{}")
        except Unreadable:
            raise Away(f"{self.label} answered something we could not read.") from None


def pause(seconds: float) -> None:
    time.sleep(seconds)


def message_of(answer) -> str:
    """The vendor's own words about an error, shortened."""
    try:
        error = json.loads(answer.body).get("error")
    except (ValueError, AttributeError, RecursionError):
        return ""
    words = error.get("message") if isinstance(error, dict) else error
    return mask(" ".join(str(words).split()))[:200] if words else ""


def seconds_of(answer, said: str) -> int:
    """How long a 429 asks us to wait: its header, else its words ("retry in 30 seconds"), else 0."""
    after = http.seconds_to_wait(answer.headers.get("retry-after"))
    if after is not None:
        return max(after, 1)
    found = ASKS.search(said)
    if not found:
        return 0
    unit = found[2].lower()
    scale = 0.001 if unit.startswith(("ms", "mill")) else 60 if unit.startswith("m") else 1
    return max(1, min(math.ceil(float(found[1]) * scale), 3600))


def base_of(connection, setting: str) -> tuple[str, bool]:
    """The address this connection's vendor is reached at, "" for its own, and whether the operator chose it."""
    typed = connection.credential("api_base")
    if typed:
        return typed.rstrip("/"), False
    return (current_app.config.get(setting) or "").rstrip("/"), True
