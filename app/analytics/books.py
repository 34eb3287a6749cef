"""From membership segments to movements: pure arithmetic, by `metrics.md` sections 1 to 3. No tables, no clock.

All days are the account's local days; a close is the instant just before local midnight. Money in 1/10000 minor unit.
"""
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.kit.money import milli

FACTOR = {"day": Decimal(365) / 12, "week": Decimal(52) / 12, "month": Decimal(1), "year": Decimal(1) / 12}
COUNTING = ("active", "past_due", "canceling")


@dataclass(frozen=True)
class Segment:
    """A stretch of one membership. `sub` names the membership, `rate` is the account currency's price of one minor
    unit (None: no rate known). `reason` says why it ended, when the source said."""
    sub: object
    seq: int
    version: int
    status: str
    interval: str
    interval_count: int
    amount: int
    quantity: int
    discount: int
    start: datetime
    end: datetime | None
    rate: Decimal | None = Decimal(1)
    plan: object = None
    reason: str = ""

    def monthly(self) -> int:
        """MRR of this segment while it counts; 0 for what never counts."""
        if self.status not in COUNTING or self.interval not in FACTOR or self.rate is None:
            return 0
        worth = max(0, self.amount * self.quantity - self.discount)
        return milli(worth * FACTOR[self.interval] / self.interval_count * self.rate)


@dataclass(frozen=True)
class Move:
    """What changed for one member on one day."""
    day: date
    kind: str
    amount: int
    before: int
    after: int
    alive_before: bool
    alive_after: bool
    reason: str

    @property
    def signed(self) -> int:
        return self.after - self.before


def effective(segments: list[Segment]) -> list[Segment]:
    """The segments that count as told: the highest version of a seq, no empty ones, the later start wins overlaps."""
    latest: dict[tuple, Segment] = {}
    for one in segments:
        key = (one.sub, one.seq)
        if key not in latest or one.version >= latest[key].version:
            latest[key] = one
    kept = sorted((one for one in latest.values() if one.end is None or one.end > one.start),
                  key=lambda one: (str(one.sub), one.start, one.seq))
    for position, one in enumerate(kept[:-1]):
        following = kept[position + 1]
        if following.sub == one.sub and (one.end is None or following.start < one.end):
            kept[position] = replace(one, end=following.start)
    return [one for one in kept if one.end is None or one.end > one.start]


def days_of(segment: Segment, zone: ZoneInfo) -> tuple[date, date | None]:
    """The half-open range of local days at whose close the segment is there."""
    first = segment.start.astimezone(zone).date()
    return first, segment.end.astimezone(zone).date() if segment.end else None


def movements(segments: list[Segment], zone: ZoneInfo) -> list[Move]:
    """Every movement of one member, in order of days. The signed amounts add up to the member's MRR."""
    spans = [(one, *days_of(one, zone)) for one in effective(segments)]
    moves: list[Move] = []
    before, alive, ever, shape = 0, False, False, None
    for day in sorted({day for _, first, last in spans for day in (first, last) if day}):
        here = [one for one, first, last in spans if first <= day and (last is None or day < last)]
        now = sum(one.monthly() for one in here)
        paused = any(one.status == "paused" for one in here)
        living = now > 0 or (paused and ever)
        kind = _kind(before, now, alive, living, ever)
        if kind:
            ended = [one for one, _, last in spans if last == day]
            reason = _reason(kind, before, now, paused, ended, here, shape)
            moves.append(Move(day, kind, abs(now - before), before, now, alive, living, reason))
        before, alive, ever = now, living, ever or now > 0
        shape = _shape(here)
    return moves


def _kind(before: int, now: int, alive: bool, living: bool, ever: bool) -> str | None:
    if now > 0 and not ever:
        return "new"
    if now > 0 and not alive:
        return "reactivation"
    if alive and not living:
        return "churned"
    if alive and living and now != before:
        return "expansion" if now > before else "contraction"
    return None


def _shape(segments: list[Segment]) -> tuple:
    counting = [one for one in segments if one.status in COUNTING]
    return tuple(sorted((str(one.plan), one.quantity, one.discount) for one in counting))


def _reason(kind, before, now, paused, ended, here, shape) -> str:
    if kind == "churned":
        if any(one.status in COUNTING or one.status == "trialing" for one in here):
            return "to_free"
        said = next((one.reason for one in ended if one.reason), "")
        return "payment_failed" if said == "payment_failed" or any(
            one.status == "past_due" for one in ended) else said or "voluntary"
    if kind == "contraction" and paused and now == 0:
        return "pause"
    if kind == "expansion" and before == 0:
        return "resume"
    if kind in ("new", "reactivation"):
        return ""
    plans, new = {item[0] for item in shape or ()}, {item[0] for item in _shape(here)}
    if plans != new:
        return "upgrade" if kind == "expansion" else "downgrade"
    quantities, now_quantities = [item[1] for item in shape or ()], [item[1] for item in _shape(here)]
    return "quantity" if quantities != now_quantities else "discount"
