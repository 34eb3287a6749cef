"""Numbers: revenue by month, with the names, units and nulls of contract.md."""
from datetime import date, timedelta
from decimal import Decimal

from flask import Blueprint, g, request

from app.analytics.metrics import month_rows
from app.api import shapes
from app.api.door import answers, problem
from app.kit.clock import now

bp = Blueprint("api_analytics", __name__, url_prefix="/api/v1/analytics")
LONGEST = timedelta(days=3660)


def day_range(default: int = 365) -> tuple[date, date]:
    """`from` and `to` as local days, both included; by default the last `default` days."""
    today = now().astimezone(g.account.zone).date()
    found = []
    for name, fallback in (("from", today - timedelta(days=default)), ("to", today)):
        try:
            found.append(date.fromisoformat(request.args[name]) if request.args.get(name) else fallback)
        except ValueError:
            problem(422, f"{name} is a day such as 2026-03-01.", name)
    if not timedelta(0) <= found[1] - found[0] <= LONGEST:
        problem(422, "from comes before to, at most ten years.", "from")
    return found[0], found[1]


def plain(value):
    """Decimals as strings, so that no digit is lost."""
    return str(value) if isinstance(value, Decimal) else value


@answers(bp, "/revenue", "GET", "analytics.read", shapes.Months, query=shapes.RangeQuery)
def revenue():
    """MRR and what moved it, a row a month."""
    first, last = day_range()
    return {"data": [{name: plain(value) for name, value in row.items()} for row in month_rows(first, last)]}
