"""The socket of a source that can be read page by page, beside sending us webhooks (app/connections/envelope.py).

It has
    lists: tuple[Step]                           what there is to read, in this order
    page(held, step, cursor, since) -> Page      one call; `held` is Connection.apart(), `cursor` the page before's
    grants(held) -> dict[str, bool]              what the key may do, by permission; {} when the source does not say
    hook(held, url) -> Hook                      have webhooks sent to our address, once, whoever asks how often
    unhook(held, ref)                            and no longer
    oauth                                        signing in at the source instead of pasting a key, or None
and says by exceptions what a caller has to know. All of it is called outside transactions.
"""
from dataclasses import dataclass, field
from datetime import datetime

from app.spine.facts import Fact


@dataclass(frozen=True)
class Step:
    """A kind of thing to read: `needs` is the permission for it, `kind` the fact it mostly gives.

    `nightly`: the sweep reads it too, and of a `windowed` one only what is recent. `first_days`: never further back.
    """
    name: str
    label: str
    needs: str = ""
    kind: type | None = None
    nightly: bool = True
    windowed: bool = False
    first_days: int | None = None


@dataclass(frozen=True)
class Item:
    """One object of a page as facts, or why it could not be read."""
    facts: list[Fact]
    error: str | None = None


@dataclass(frozen=True)
class Page:
    """What one call gave; `cursor` (JSON) leads to the next one, None: that was all. `note` is for people."""
    items: list[Item]
    cursor: dict | None = None
    note: str | None = None


@dataclass(frozen=True)
class Hook:
    """A webhook endpoint at the source: its id there, and the secret it signs with."""
    ref: str
    secret: str


@dataclass(frozen=True)
class Tokens:
    """What signing in at the source gave; `until` is when the access token runs out."""
    access: str
    refresh: str | None
    until: datetime
    claims: dict = field(default_factory=dict)


class Trouble(Exception):
    """The source did not give what was asked; the message is for people."""


class Denied(Trouble):
    """The source no longer takes this key: nothing will work until somebody gives another."""


class Forbidden(Trouble):
    """The key is good and may not do this."""


class Busy(Trouble):
    """The source asks to come back in `seconds`."""

    def __init__(self, words: str, seconds: int):
        super().__init__(words)
        self.seconds = seconds


class Away(Trouble):
    """The source does not answer, or only with failures of its own."""


class Odd(Trouble):
    """The source does not understand what we ask; `status` is its answer's."""

    def __init__(self, words: str, status: int = 0):
        super().__init__(words)
        self.status = status
