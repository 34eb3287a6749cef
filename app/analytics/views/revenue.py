"""Revenue: how one month's recurring revenue became the next one's, who stays, and by plan."""
from datetime import date, timedelta

from flask import Blueprint, request, url_for
from sqlalchemy import func, select

from app.kit.dress import percent, plural
from app.kit.money import ratio
from app.kit.pages import page
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import menu_entry

from .. import keyfigures
from ..figures import FIGURES, MOVED, standing
from ..metrics import Period, Span, cells, month_rows, months
from ..metrics import periods as ledger_periods
from ..metrics.revenue import LONG, MOVES, four
from ..models import Movement
from ..needs import DRESS
from . import periods
from .figures import people_of, total_of

bp = Blueprint("revenue", __name__, url_prefix="/revenue")
menu_entry("Know", "Revenue", "chart-no-axes-column", "revenue.show", "analytics.read", order=30)
GAINS = ("new", "reactivation", "expansion")
MONTHS_BACK, COLUMNS = 6, 6
STEP = 30                            # days of a cohort's month


@bp.get("")
@policy("analytics.read")
def show():
    span = Span.of(periods.chosen())
    course = keyfigures.Course(span)
    asked = request.args.get("show") if request.args.get("show") in MOVES else None
    rows = month_rows((span.last.replace(day=1) - timedelta(days=360)).replace(day=1), span.last)
    return page("revenue/show.html", days=span.days, span=span, segments=periods.segments(".show", span.days),
                now=course.now, figures=keyfigures.revenue(course, lifetime(span)), plans=plans(span),
                waterfall=waterfall(course.now, span, asked), drawer=drawer(course.now, span, asked),
                by_month=[{**row, "name": f"{date.fromisoformat(row['month'] + '-01'):%b %Y}"}
                          for row in reversed(rows)],
                cohorts=cohorts(span), columns=["Start", *(f"{number} mo" for number in range(1, COLUMNS))])


def lifetime(span: Span) -> tuple:
    """(LTV in minor units or None, the reason or a warning, words beside it) from the last six months."""
    first = span.last.replace(day=1)
    row = month_rows(first, span.last)[-1]
    course = ledger_periods(half_year(span))
    lost, exposed = sum(one.lost for one in course), sum(one.base for one in course)
    if row["ltv"] is not None:
        return row["ltv"], None, "unstable" if exposed < 30 else ""
    if exposed and not lost and row["arpu"]:
        floor = DRESS.money(four(row["arpu"] * exposed / 3), sums=True)
        return None, f"Nobody was lost in six months. At least about {floor}.", f"at least {floor}"
    return None, "There is no full month of members yet.", ""


def half_year(span: Span) -> list:
    """The months behind LTV, as ranges of days."""
    first = span.last.replace(day=1)
    for _ in range(LONG - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    return months(first, span.last)


def waterfall(now: Period, span: Span, asked: str | None) -> dict:
    """Levels and movements in whole minor units, and where the scale begins and ends."""
    moves, level, levels = [], now.start_mrr, [now.start_mrr]
    for kind in (*GAINS, "contraction", "churned"):
        value = now.sums[kind] if kind in GAINS else -now.sums[kind]
        level += value
        levels.append(level)
        moves.append({"label": MOVED[kind], "people": now.counts[kind], "value": value / 10_000,
                      "current": kind == asked, "href": url_for(".show", days=span.days, show=kind) + "#drill"})
    first, last = DRESS.day(span.close_before), DRESS.day(span.last)
    low, high = _scale(min(levels), max(levels))
    return {"low": low, "high": high, "moves": [
        {"label": first, "people": now.base, "value": now.start_mrr / 10_000, "total": True}, *moves,
        {"label": last, "people": now.customers_end, "value": now.end_mrr / 10_000, "total": True}]}


def _scale(low: int, high: int) -> tuple[float, float]:
    """From zero, or from a round number below when all happens far above it; said on top of the chart."""
    low, high = low / 10_000, high / 10_000
    room = max(high - low, 1) * 0.3
    step = 10 ** max(2, len(str(int(room))))
    return max(0, (low - room) // step * step), (high // step + 1) * step


def drawer(now: Period, span: Span, asked: str | None) -> dict | None:
    """The people behind one bar."""
    if asked is None:
        return None
    lines = FIGURES["movements"].find(span, asked)
    total, split = total_of(lines) or 0, []
    if asked == "churned" and lines:
        failed = [line for line in lines if "Payment failed" in line.what]
        chose = [line for line in lines if line not in failed]
        for label, some in (("Chose to leave", chose), ("Payment failed", failed)):
            split.append({"label": label, "people": len(some), "value": -(total_of(some) or 0),
                          "share": round(100 * len(some) / len(lines), 1)})
    return {"title": f"{MOVED[asked]}: {plural(len(lines), 'person', 'people')}", "lines": lines[:8],
            "split": split, "people": people_of(lines[:8]), "total": total, "count": len(lines),
            "close": url_for(".show", days=span.days),
            "all": url_for("figures.show", name="movements", days=span.days, kind=asked)}


def plans(span: Span) -> list[dict]:
    """Members and monthly revenue by plan, the largest first."""
    here = standing(span.last).where(Movement.after > 0).subquery()
    rows = db.session.execute(select(Person.plan_name, func.count(), func.sum(here.c.after)).join(
        here, here.c.person_id == Person.id).group_by(Person.plan_name).order_by(func.sum(here.c.after).desc())).all()
    whole = sum(int(value) for _, _, value in rows)
    return [{"name": name or "No plan known", "members": members, "value": int(value),
             "share": float(ratio(int(value) * 100, whole) or 0)} for name, members, value in rows]


def cohorts(span: Span) -> list[dict]:
    """The last six joining months as rows of a heat map."""
    first = span.last.replace(day=1)
    for _ in range(MONTHS_BACK - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    rows: dict = {}
    for cell in cells(span.last, [STEP * number for number in range(COLUMNS)], first):
        row = rows.setdefault(cell.cohort, {"label": f"{cell.cohort:%B %Y}", "people": cell.size, "cells": []})
        if cell.cohort == span.last.replace(day=1):
            row["label"] = f"{cell.cohort:%B}, so far"
        row["cells"].append(None if not cell.eligible else {
            "text": percent(cell.retention, 0), "step": _step(float(cell.retention)),
            "href": url_for("figures.show", name="cohort", month=f"{cell.cohort:%Y-%m}", kind=cell.day),
            "title": f"{len(cell.people)} of {plural(cell.eligible, 'person', 'people')}"
                     + ("" if cell.complete else ", not everybody has come so far")})
    return list(rows.values())


def _step(share: float) -> int:
    """1 to 7: the shade of a cell."""
    return next((step for step, edge in ((7, 0.97), (6, 0.92), (5, 0.88), (4, 0.84), (3, 0.8), (2, 0.7))
                 if share >= edge), 1)
