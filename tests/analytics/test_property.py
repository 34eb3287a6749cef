"""Random lives in several zones and currencies: the identities of metrics.md section 18, for any order and batch."""
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.analytics.books import COUNTING, Segment, effective, movements
from app.analytics.metrics.revenue import months

ZONES = ("UTC", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu")
RATES = (Decimal(1), Decimal("1.0837"), Decimal("0.0065"))
STATUSES = ("active", "active", "active", "past_due", "canceling", "trialing", "paused", "unpaid")
FIRST = datetime(2025, 10, 1, tzinfo=UTC)


def life(dice) -> list[Segment]:
    """One to three memberships with gaps, overlaps, corrections and plans of all rhythms."""
    told = []
    for sub in range(dice.randint(1, 3)):
        at, rate = FIRST + timedelta(hours=dice.randint(0, 3000)), dice.choice(RATES)
        for seq in range(dice.randint(1, 5)):
            ends = at + timedelta(hours=dice.randint(-5, 2500)) if dice.random() < 0.8 else None
            one = Segment(sub, seq, 1, dice.choice(STATUSES), dice.choice(("day", "week", "month", "year", "one_time")),
                          dice.randint(1, 30), dice.choice((0, 700, 1900, 4900, 49000)), dice.randint(1, 3),
                          dice.choice((0, 0, 500)), at, ends, rate, plan=dice.randint(1, 3))
            told.append(one)
            if dice.random() < 0.2:
                told.append(Segment(**{**one.__dict__, "version": 2, "amount": dice.choice((0, 900, 2900))}))
            at = (ends or at) + timedelta(hours=dice.choice((0, 0, 0, 30, 700, -20)))
    return told


def standing(told, zone, day) -> int:
    """MRR at the close of a day, straight from the segments."""
    close = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    return sum(one.monthly() for one in effective(told)
               if one.status in COUNTING and one.start < close and (one.end is None or one.end >= close))


@pytest.mark.parametrize("seed", range(60))
def test_every_life_adds_up(seed):
    dice, zone = random.Random(seed), ZoneInfo(ZONES[seed % len(ZONES)])
    told = life(dice)
    moves = movements(told, zone)
    days = [move.day for move in moves]
    assert days == sorted(set(days)), "one movement a day"
    level = 0
    for move in moves:
        assert move.before == level and move.amount == abs(move.signed) >= 0
        level = move.after
        assert standing(told, zone, move.day) == level, (seed, move)
    assert sum(move.signed for move in moves) == level
    _months_add_up(moves)


def _months_add_up(moves) -> None:
    level, sums = 0, defaultdict(int)
    for start, end in months(FIRST.date(), (FIRST + timedelta(days=900)).date()):
        inside = [move for move in moves if start <= move.day < end]
        for move in inside:
            sums[move.kind] += move.amount
        gained = sum(move.amount for move in inside if move.kind in ("new", "expansion", "reactivation"))
        lost = sum(move.amount for move in inside if move.kind in ("contraction", "churned"))
        after = inside[-1].after if inside else level
        assert level + gained - lost == after
        level = after


@pytest.mark.parametrize("seed", range(30))
def test_any_order_gives_the_same_ledger(seed):
    dice, zone = random.Random(seed), ZoneInfo(ZONES[seed % len(ZONES)])
    told = life(dice)
    ledger = movements(told, zone)
    for _ in range(5):
        mixed = told + dice.sample(told, len(told) // 2)          # some are told twice
        dice.shuffle(mixed)
        assert movements(mixed, zone) == ledger


@pytest.mark.parametrize("seed", range(30))
def test_what_never_counts_changes_nothing(seed):
    dice, zone = random.Random(seed), ZoneInfo(ZONES[seed % len(ZONES)])
    told = life(dice)
    extra = [Segment("gift", 0, 1, "active", "month", 1, 0, 1, 0, FIRST, None),
             Segment("book", 0, 1, "completed", "one_time", 1, 29900, 1, 0, FIRST, None),
             Segment("try", 0, 1, "trialing", "month", 1, 4900, 1, 0, FIRST, FIRST + timedelta(days=7))]
    plain = [(move.day, move.kind, move.signed) for move in movements(told, zone)]
    assert [(move.day, move.kind, move.signed) for move in movements(told + extra, zone)] == plain


@pytest.mark.parametrize("zone, hours", [("America/New_York", 23), ("America/New_York", 25)])
def test_days_of_23_and_25_hours(zone, hours):
    begins = datetime(2026, 3, 8) if hours == 23 else datetime(2026, 11, 1)
    here = ZoneInfo(zone)
    start = begins.replace(tzinfo=here)
    ends = (begins + timedelta(days=1)).replace(tzinfo=here)
    assert (ends.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=hours)
    one = Segment("s", 0, 1, "active", "month", 1, 4900, 1, 0, start.astimezone(UTC), ends.astimezone(UTC))
    assert [(move.kind, move.day) for move in movements([one], here)] == [
        ("new", begins.date()), ("churned", begins.date() + timedelta(days=1))]
