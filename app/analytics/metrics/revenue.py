"""MRR and what moved it, churn, retention, ARPU, LTV: `metrics.md` sections 2 to 5, read from the ledger."""
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import func, select

from app.kit.money import from_milli, ratio
from app.spine.db import db

from ..models import Movement

MOVES = ("new", "expansion", "reactivation", "contraction", "churned")
LONG = 6                              # months of history behind LTV


@dataclass
class Member:
    """Where one member stands at a close."""
    mrr: int = 0
    alive: bool = False


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


def ledger(until: date):
    """Movements up to and including a day, in order: (day, person_id, kind, amount, after, customers, reason)."""
    return db.session.execute(
        select(Movement.day, Movement.person_id, Movement.kind, Movement.amount, Movement.after, Movement.customers,
               Movement.reason).where(Movement.day <= until).order_by(Movement.day, Movement.id)).all()


def periods(ranges: list[tuple[date, date]]) -> list[Period]:
    """The given half-open ranges of days, in order and without overlap, in one pass over the ledger."""
    if not ranges:
        return []
    rows, position, members, found = ledger(ranges[-1][1] - timedelta(days=1)), 0, {}, []
    for start, end in ranges:
        while position < len(rows) and rows[position].day < start:
            _apply(members, rows[position])
            position += 1
        found.append(period := Period(start, end))
        base = {person: state.mrr for person, state in members.items() if state.alive}
        period.base, period.base_mrr = len(base), sum(base.values())
        period.start_mrr = sum(state.mrr for state in members.values())
        reasons = {}
        while position < len(rows) and rows[position].day < end:
            row = rows[position]
            _apply(members, row)
            period.sums[row.kind] += row.amount
            period.counts[row.kind] += 1
            reasons[row.person_id] = row.reason
            position += 1
        _close(period, members, base, reasons)
    return found


def _apply(members: dict, row) -> None:
    state = members.setdefault(row.person_id, Member())
    state.mrr = row.after
    state.alive = state.alive if row.customers == 0 else row.customers > 0


def _close(period: Period, members: dict, base: dict, reasons: dict) -> None:
    for state in members.values():
        period.end_mrr += state.mrr
        period.customers_end += state.alive
        period.paying_end += state.mrr > 0
    for person, before in base.items():
        after = members[person]
        period.kept += min(before, after.mrr)
        period.kept_with_growth += after.mrr
        change = (person, before, after.mrr, reasons.get(person, ""))
        if before != after.mrr:
            period.moved.append(change)
        if not after.alive:
            period.gone.append(change)
            period.lost += 1
            period.lost_by_payment += reasons.get(person) == "payment_failed"


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
