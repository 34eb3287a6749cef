"""Numbers: the dashboard, revenue by month, cohorts and attribution, with the names, units and nulls of contract.md."""
from datetime import date, timedelta
from decimal import Decimal

from flask import Blueprint, g, request

from app.analytics import metrics
from app.api import shapes
from app.api.door import answers, problem
from app.api.dress import money
from app.kit.clock import iso, now
from app.kit.money import from_milli
from app.spine.memory import remembered

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
        if not 1970 <= found[-1].year <= 2200:
            problem(422, f"{name} is a day between 1970 and 2200.", name)
    if not timedelta(0) <= found[1] - found[0] <= LONGEST:
        problem(422, "from comes before to, at most ten years.", "from")
    return found[0], found[1]


def plain(value):
    """Decimals as strings, so that no digit is lost; through lists and objects."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


def rated(numerator, denominator, value) -> dict:
    return {"value": value, "numerator": numerator, "denominator": denominator}


@answers(bp, "/dashboard", "GET", "analytics.read", shapes.Dashboard, query=shapes.RangeQuery)
def dashboard():
    """The key figures of a range of days, every rate with its numerator and denominator."""
    span = metrics.Span(*day_range(29))
    told, kept = remembered("dashboard", span, lambda: told_of(span))
    return told, 200, {"X-Cache": "HIT" if kept else "MISS"}


def told_of(span: metrics.Span) -> dict:
    [period] = metrics.periods([(span.first, span.last + timedelta(days=1))])
    failed, out, found = metrics.cases(span), metrics.sends(span), metrics.proofs(span)
    credited = metrics.by_credit(span)["attributed"]
    whole = metrics.total(found, credited.value)
    half = failed.recovered_amount, failed.recovered_amount + sum(case.amount for case in failed.of("lost"))
    return plain({
        "period": {"from": span.first.isoformat(), "to": span.last.isoformat(), "timezone": g.account.timezone},
        "as_of": iso(now()), "currency": g.account.currency,
        "recovered_revenue": money(credited.value, None), "conversions": credited.count,
        "mrr": {"start": from_milli(period.start_mrr), "end": from_milli(period.end_mrr),
                "net_new": from_milli(period.net_new), "arr": from_milli(period.end_mrr * 12)},
        "members": {"start": period.base, "end": period.customers_end, "paying": period.paying_end,
                    "new": period.counts["new"], "reactivated": period.counts["reactivation"], "lost": period.lost,
                    "lost_voluntary": period.lost_by_choice, "lost_payment_failed": period.lost_by_payment},
        "churn": rated(period.lost, period.base, period.churn),
        "grr": rated(from_milli(period.kept), from_milli(period.base_mrr), period.grr),
        "nrr": rated(from_milli(period.kept_with_growth), from_milli(period.base_mrr), period.nrr),
        "arpu": rated(from_milli(period.end_mrr), period.paying_end, period.arpu),
        "recovery": {"cases": len(failed.found), "recovered": len(failed.recovered), "lost": len(failed.of("lost")),
                     "open": len(failed.of("open")), "rate": rated(len(failed.recovered), failed.closed, failed.rate),
                     "rate_by_amount": rated(*half, failed.rate_by_amount),
                     "recovered_amount": money(failed.recovered_amount, None), "at_risk": money(failed.at_risk, None),
                     "retry_only": len(failed.retry_only), "after_message": len(failed.after_message)},
        "messages": {"sent": out.sent, "delivered": out.delivered, "opened": out.opened, "clicked": out.clicked,
                     **{name: rated(*three) for name, three in out.rates().items()}},
        "earned": {"credited": money(whole.credited, None), "extra": money(whole.extra, None),
                   "anyway": money(whole.anyway, None), "held_out": whole.held_out,
                   "interval": whole.interval and [money(edge, None) for edge in whole.interval]}})


@answers(bp, "/revenue", "GET", "analytics.read", shapes.Months, query=shapes.RangeQuery)
def revenue():
    """MRR and what moved it, a row a month."""
    return {"data": plain(metrics.month_rows(*day_range()))}


@answers(bp, "/cohorts", "GET", "analytics.read", shapes.Months, query=shapes.RangeQuery)
def cohorts():
    """Who stays: a row for each joining month from `from` on and each of 30, 60, 90, 180 and 365 days, as of `to`."""
    first, last = day_range(3659)
    return {"data": [plain(cell.row()) for cell in metrics.cells(last, first=first)]}


@answers(bp, "/attribution", "GET", "analytics.read", shapes.Dashboard, query=shapes.RangeQuery)
def attribution():
    """Payments credited to messages by last touch, and beside them what the people left alone did."""
    span = metrics.Span(*day_range(29))

    def summed(one):
        return {"conversions": one.count, "value": money(one.value, None)}
    return plain({
        "period": {"from": span.first.isoformat(), "to": span.last.isoformat(), "timezone": g.account.timezone},
        "currency": g.account.currency,
        **{credit: summed(one) for credit, one in metrics.by_credit(span).items()},
        "by_kind": {kind: summed(one) for kind, one in metrics.by_kind(span).items()},
        "data": _playbooks(span)})


def _playbooks(span: metrics.Span) -> list[dict]:
    """One row a playbook: what is credited, and the comparison with those left alone."""
    found, rows = metrics.proofs(span), []
    for automation, one in metrics.by_playbook(span):
        proof = found.get(automation.id) if automation else None
        rates = proof.rates if proof else (None, None)
        rows.append({
            "automation": automation.public_id if automation else None, "name": automation.name if automation else None,
            "conversions": one.count, "value": money(one.value, None),
            "treated": proof and rated(proof.treated_paid, proof.treated, rates[0]),
            "held_out": proof and rated(proof.held_out_paid, proof.held_out, rates[1]),
            "anyway": proof and money(proof.anyway, None), "extra": proof and money(proof.extra, None),
            "interval": proof and proof.interval and [money(edge, None) for edge in proof.interval],
            "reason": proof.why_not if proof else "It was not sent by a playbook."})
    return rows
