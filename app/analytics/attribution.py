"""Which message a payment is credited to: last touch, by `metrics.md` section 11. Pure arithmetic, no tables."""
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from .books import COUNTING, Segment, effective

ALIVE = (*COUNTING, "trialing", "paused")
NEAR = timedelta(days=1)             # how far a payment may lie from the turn of the membership that it pays for
STRENGTH = (("clicked", "attributed"), ("delivered", "influenced"))


@dataclass(frozen=True)
class Reach:
    """A touch: a message that was delivered or clicked `at`, having gone out at `sent_at`; `key` settles ties."""
    id: int
    kind: str
    at: datetime
    sent_at: datetime
    key: str

    @property
    def rank(self) -> tuple:
        """Later wins; at the same moment the larger touch id, numbers compared as numbers."""
        parts = re.findall(r"[0-9]{1,40}|[^0-9]+", self.key)
        return self.at, [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], self.id


def credit(touches, paid_at: datetime, window: timedelta, since: datetime | None = None) -> tuple[str, Reach | None]:
    """("attributed", "influenced" or "none", the touch). `since`: only messages that went out from then on count."""
    near = [touch for touch in touches if timedelta(0) <= paid_at - touch.at <= window
            and (since is None or touch.sent_at >= since)]
    for kind, word in STRENGTH:
        found = [touch for touch in near if touch.kind == kind]
        if found:
            return word, max(found, key=lambda touch: touch.rank)
    return "none", None


def turn(segments: list[Segment], paid_at: datetime) -> str | None:
    """What the member's segments say happened around a payment: "upgrade", "reactivation" or None."""
    told = effective(segments)
    for begun in told:
        if begun.status not in COUNTING or abs(begun.start - paid_at) > NEAR:
            continue
        before = [one for one in told if one.start < begun.start and (one.end is None or one.end >= begun.start)]
        if any(one.sub == begun.sub and 0 < one.monthly() < begun.monthly() for one in before):
            return "upgrade"
        past = any(one.status in COUNTING and one.start < begun.start for one in told)
        if past and not any(one.status in ALIVE for one in before):
            return "reactivation"
    return None
