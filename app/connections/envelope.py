"""The shape every source reads its webhooks into, and JSON from strangers made safe to keep.

A source (`@SOURCES.offers("whop") class Whop`) has: `label`, `about`, `icon`, `steps` (how to connect), `settings`
(tuple of Setting), `kinds` (event kind -> words) and
    verify(headers, raw, secrets, now) -> str     the signed delivery id, "" when the header has none; raises Refused
    read(raw, external_id, received_at) -> Envelope                              raises Unreadable
    facts(envelope) -> list[Fact]                 [] = known but of no use to us; raises Unreadable
    check(connection) -> Tried                    one call to the vendor, outside transactions
"""
import json
from dataclasses import dataclass, field
from datetime import datetime

DEPTH, KIND_LENGTH, DIGITS = 64, 120, 400


class Refused(Exception):
    """The signature is missing, wrong, or outside its five minutes."""


class Unreadable(ValueError):
    """No retry will help: the payload does not say what it must. The message is for people."""


@dataclass(frozen=True)
class Envelope:
    """One webhook, opened: what happened (`kind`), when, to whose account, and the object it is about."""
    external_id: str
    kind: str
    occurred_at: datetime
    data: dict
    account_ref: str | None = None
    previous: dict = field(default_factory=dict)
    test: bool = False


@dataclass(frozen=True)
class Setting:
    """A line of the connect form; `secret` ones are sealed and never shown again."""
    name: str
    label: str
    hint: str = ""
    secret: bool = True
    required: bool = False


@dataclass(frozen=True)
class Tried:
    """What a test call said; `account_ref` is the vendor's name for the account, `trouble` why there was no answer."""
    ok: bool
    words: str
    account_ref: str | None = None
    trouble: Exception | None = None


def parse(raw: bytes | str) -> dict:
    """A JSON object without NaN, monstrous numbers, deep nesting, NULs or lone surrogates; raises Unreadable."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        found = json.loads(text, parse_constant=_no_constant, parse_int=_integer, parse_float=_number)
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Unreadable("The body is not a JSON object.")
    return _clean(found, 0)


def _no_constant(name):
    raise ValueError(name)


def _integer(text):
    if len(text) > DIGITS:
        raise ValueError("too many digits")
    return int(text)


def _number(text):
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return value


def _clean(value, depth):
    if depth > DEPTH:
        raise Unreadable("The body is nested too deeply.")
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(key, 0): _clean(item, depth + 1) for key, item in value.items()}
    return value


def kind_of(found: dict, *names: str) -> str:
    """The event's kind from the first of these keys; raises Unreadable unless it is a short string."""
    kind = next((found[name] for name in names if name in found), None)
    if not isinstance(kind, str) or not kind.strip() or len(kind) > KIND_LENGTH:
        raise Unreadable("The body does not say what kind of event it is.")
    return kind.strip()
