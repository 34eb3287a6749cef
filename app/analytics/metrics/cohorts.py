"""Who stays: retention of everybody who began in a month, `metrics.md` section 6."""
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from app.kit.money import from_milli, ratio

from .revenue import ledger

DAYS = (30, 60, 90, 180, 365)


@dataclass
class Life:
    """One member's closes: the days on which something changed, with MRR and whether alive from then on."""
    days: list = field(default_factory=list)
    stands: list = field(default_factory=list)

    def at(self, day: date) -> tuple[int, bool]:
        place = bisect_right(self.days, day)
        return self.stands[place - 1] if place else (0, False)


@dataclass
class Cell:
    """One cohort after `day` days. `people` are those still there, `mrr` in 1/10000 minor unit."""
    cohort: date
    size: int
    day: int
    eligible: int
    people: list
    mrr_day0: int
    mrr_then: int
    complete: bool

    @property
    def retention(self) -> Decimal | None:
        return ratio(len(self.people), self.eligible)

    def row(self) -> dict:
        """As contract.md names it; None where nobody has come so far."""
        there = self.eligible > 0
        return {"cohort": f"{self.cohort:%Y-%m}", "size": self.size, "day": self.day, "eligible": self.eligible,
                "retained": len(self.people) if there else None, "member_retention": self.retention,
                "mrr_day0": from_milli(self.mrr_day0) if there else None,
                "mrr_dayN": from_milli(self.mrr_then) if there else None,
                "revenue_retention": ratio(self.mrr_then, self.mrr_day0) if there else None,
                "complete": int(self.complete)}


def lives(as_of: date) -> dict[int, Life]:
    """Person id -> life, up to and including a day."""
    found: dict[int, Life] = defaultdict(Life)
    for row in ledger(as_of):
        life = found[row.person_id]
        alive = life.stands[-1][1] if life.stands else False
        life.days.append(row.day)
        life.stands.append((row.after, alive if row.customers == 0 else row.customers > 0))
    return found


def cells(as_of: date, days=DAYS, first: date | None = None) -> list[Cell]:
    """Every cohort (from the month of `first` on) times every number of days, in that order."""
    everyone = lives(as_of)
    months: dict[date, list] = defaultdict(list)
    for person_id, life in everyone.items():
        months[life.days[0].replace(day=1)].append((person_id, life))
    return [_cell(month, months[month], day, as_of) for month in sorted(months)
            if first is None or month >= first.replace(day=1) for day in days]


def _cell(month: date, members: list, day: int, as_of: date) -> Cell:
    ready = [(person_id, life) for person_id, life in members if life.days[0] + timedelta(days=day) <= as_of]
    then = [(person_id, life.at(life.days[0] + timedelta(days=day))) for person_id, life in ready]
    ends = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Cell(month, len(members), day, len(ready), [person_id for person_id, (_, alive) in then if alive],
                sum(life.stands[0][0] for _, life in ready), sum(mrr for _, (mrr, _) in then),
                ends + timedelta(days=day) <= as_of)
