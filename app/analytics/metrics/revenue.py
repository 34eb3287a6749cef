"""MRR and what moved it, churn, retention, ARPU, LTV: `metrics.md` sections 2 to 5, read from the ledger."""
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import func, select

from app.kit.money import from_milli, ratio
from app.spine.db import db

from ..models import Movement

MOVES = ("new", "expansion", "reactivation", "contraction", "churned")
CAME = ("new", "reactivation")        # kinds of those who were not there before
ADDS = Movement.signed, Movement.customers, Movement.paying
LONG = 6                              # months of history behind LTV


@dataclass
class Period:
    """One period of the ledger, from the close before `start` to the close of the day before `end`. 1/10000 minor."""
    start: date
    end: date
    start_mrr: int = 0
    end_mrr: int = 0
    sums: dict = field(default_factory=lambda: defaultdict(int))
    counts: dict = field(default_factory=lambda: defaultdict(int))
    base: int = 0
    base_mrr: int = 0
    kept: int = 0                     # sum of min(start, end) over the base
    kept_with_growth: int = 0         # sum of end over the base
    lost: int = 0
    lost_by_payment: int = 0
    customers_end: int = 0
    paying_end: int = 0
    moved: list = field(default_factory=list)     # base members who end elsewhere: (person_id, before, after, reason)
    gone: list = field(default_factory=list)      # those of them who are not alive any more

    @property
    def lost_by_choice(self) -> int:
        return self.lost - self.lost_by_payment

    @property
    def net_new(self) -> int:
        return self.end_mrr - self.start_mrr

    @property
    def churn(self) -> Decimal | None:
        return ratio(self.lost, self.base)

    @property
    def grr(self) -> Decimal | None:
        return ratio(self.kept, self.base_mrr)

    @property
    def nrr(self) -> Decimal | None:
        return ratio(self.kept_with_growth, self.base_mrr)

    @property
    def quick_ratio(self) -> Decimal | None:
        gained = self.sums["new"] + self.sums["expansion"] + self.sums["reactivation"]
        return ratio(gained, self.sums["contraction"] + self.sums["churned"])

    @property
    def arpu(self) -> Decimal | None:
        """Minor units with four decimals."""
        return four(Decimal(self.end_mrr) / 10_000 / self.paying_end) if self.paying_end else None


def four(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)


def ledger(until: date, since: date = date.min):
    """Movements of these days, both included, in order: (day, person_id, kind, amount, before, after, reason) and what
    they add to MRR, customers and paying."""
    return db.session.execute(
        select(Movement.day, Movement.person_id, Movement.kind, Movement.amount, Movement.before, Movement.after,
               Movement.reason, *ADDS).where(Movement.day.between(since, until)).order_by(
            Movement.day, Movement.id)).all()


def periods(ranges: list[tuple[date, date]]) -> list[Period]:
    """The given half-open ranges of days, in order and without overlap: a sum of what was before the first, and one
    pass over the movements since."""
    if not ranges:
        return []
    first, after = ranges[0][0], ranges[-1][1]
    rows, found, at = ledger(after - timedelta(days=1), first), [], 0
    days = [row.day for row in rows]
    sums = db.session.execute(select(*(func.sum(column) for column in ADDS)).where(Movement.day < first)).one()
    standing = [int(value or 0) for value in sums]
    for start, end in ranges:
        begun, ended = bisect_left(days, start), bisect_left(days, end)
        mrr, customers, _ = standing = _moved(standing, rows[at:begun])
        found.append(period := Period(start, end, start_mrr=mrr, base=customers, base_mrr=mrr, kept=mrr,
                                      kept_with_growth=mrr))
        _fill(period, rows[begun:ended])
        standing, at = _moved(standing, rows[begun:ended]), ended
        period.end_mrr, period.customers_end, period.paying_end = standing
    return found


def _moved(standing: list[int], rows: list) -> list[int]:
    """Where things stand after these movements: MRR, customers, paying."""
    return [value + sum([row[place] for row in rows]) for place, value in enumerate(standing, -3)]


def _fill(period: Period, rows: list) -> None:
    first, last = {}, {}
    for row in rows:
        period.sums[row.kind] += row.amount
        period.counts[row.kind] += 1
        first.setdefault(row.person_id, row)
        last[row.person_id] = row
    for person_id, begun in first.items():
        if begun.kind not in CAME:
            _turn(period, begun.before, last[person_id])


def _turn(period: Period, before: int, ended) -> None:
    """What became of a base member who moved."""
    period.kept += min(before, ended.after) - before
    period.kept_with_growth += ended.after - before
    change = (ended.person_id, before, ended.after, ended.reason)
    if before != ended.after:
        period.moved.append(change)
    if ended.kind == "churned":
        period.gone.append(change)
        period.lost += 1
        period.lost_by_payment += ended.reason == "payment_failed"


def months(first: date, last: date) -> list[tuple[date, date]]:
    """Calendar months from the one of `first` to the one of `last`, as half-open ranges."""
    found, start = [], first.replace(day=1)
    while start <= last:
        following = (start + timedelta(days=32)).replace(day=1)
        found.append((start, following))
        start = following
    return found


def month_rows(first: date, last: date) -> list[dict]:
    """The rows of GET /analytics/revenue?by=month (contract.md): Decimals, counts, None where unknown."""
    early = first.replace(day=1)
    for _ in range(LONG):
        early = (early - timedelta(days=1)).replace(day=1)
    found = periods(months(early, last))
    return [_row(period, found[max(0, index - LONG + 1):index + 1]) for index, period in enumerate(found)
            if period.start >= first.replace(day=1)]


def _row(period: Period, recent: list[Period]) -> dict:
    lost, exposed = sum(one.lost for one in recent), sum(one.base for one in recent)
    unrounded = Decimal(period.end_mrr) / 10_000 / period.paying_end if period.paying_end else None
    monthly = {f"{kind}_mrr": from_milli(period.sums[kind]) for kind in MOVES}
    return {"month": f"{period.start:%Y-%m}", "start_mrr": from_milli(period.start_mrr), **monthly,
            "net_new_mrr": from_milli(period.net_new), "end_mrr": from_milli(period.end_mrr),
            "arr": from_milli(period.end_mrr * 12), "n_new": period.counts["new"],
            "n_reactivated": period.counts["reactivation"], "n_churn_events": period.counts["churned"],
            "customers_start": period.base, "customers_end": period.customers_end, "paying_end": period.paying_end,
            "customers_lost": period.lost, "logo_churn": period.churn,
            "revenue_churn": None if period.grr is None else 1 - period.grr, "grr": period.grr, "nrr": period.nrr,
            "arpu": period.arpu, "ltv": four(unrounded * exposed / lost) if unrounded and lost else None,
            "quick_ratio": period.quick_ratio}


def mrr_at(day: date) -> int:
    """MRR at the close of a day, in 1/10000 minor unit."""
    return int(db.session.scalar(select(func.coalesce(func.sum(Movement.signed), 0)).where(Movement.day <= day)))


def customers_at(day: date) -> int:
    """Members alive at the close of a day."""
    return int(db.session.scalar(select(func.coalesce(func.sum(Movement.customers), 0)).where(Movement.day <= day)))


def mrr_series(first: date, last: date) -> list[tuple[date, int]]:
    """(day, MRR at its close) for each day of the range, both ends included."""
    changes = dict(db.session.execute(select(Movement.day, func.sum(Movement.signed)).where(
        Movement.day > first, Movement.day <= last).group_by(Movement.day)).all())
    value, series = mrr_at(first), [(first, mrr_at(first))]
    for offset in range(1, (last - first).days + 1):
        day = first + timedelta(days=offset)
        value += int(changes.get(day, 0))
        series.append((day, value))
    return series
