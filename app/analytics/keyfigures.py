"""The row of key figures: each with its value, its change against the period before, and its course."""
from datetime import timedelta
from decimal import Decimal

from flask import url_for

from app.kit.dress import count, percent, points, rate, rounded

from .metrics import Period, Span, cases, mrr_series, periods
from .needs import DRESS

COURSE = 12                          # periods behind a spark
NOBODY = "There were no members at the start of the period."


class Course:
    """The period looked at and the ones before it, read from the ledger in one pass."""

    def __init__(self, span: Span):
        self.span = span
        ranges = [span]
        for _ in range(COURSE - 1):
            ranges.insert(0, ranges[0].before)
        self.periods: list[Period] = periods([(one.first, one.last + timedelta(days=1)) for one in ranges])

    @property
    def now(self) -> Period:
        return self.periods[-1]

    @property
    def before(self) -> Period:
        return self.periods[-2]

    def line(self, of) -> list:
        """One value a period, leaving out those that have none."""
        values = [value for one in self.periods if (value := of(one)) is not None]
        return values if len(values) > 1 else []


def compared(now, before, say, better: int = 1) -> dict:
    """Delta and its colour; `say` dresses the change, `better` is -1 where less is better, 0 where neither is."""
    if now is None or before is None:
        return {}
    change = now - before
    if not change:
        return {"delta": "unchanged", "good": None}
    return {"delta": say(abs(change)), "direction": "up" if change > 0 else "down",
            "good": None if not better else (change > 0) == (better > 0)}


def growth(now, before) -> dict:
    """The change of a sum in per cent of what it was."""
    if not before:
        return {}
    change = Decimal(now - before) / Decimal(before)
    return {"delta": percent(abs(change)), "direction": "up" if change >= 0 else "down", "good": change >= 0}


def link(name: str, span: Span) -> str:
    return url_for("figures.show", name=name, days=span.days)


def today(course: Course) -> list[dict]:
    """The six of the start page."""
    span, now, before = course.span, course.now, course.before
    failed, earlier = cases(span), cases(span.before)
    series = [value for _, value in mrr_series(span.close_before, span.last)]
    return [
        {"name": "Monthly recurring", "value": DRESS.monthly(now.end_mrr), "href": link("mrr", span), "spark": series,
         "was": f"from {DRESS.monthly(now.start_mrr)}", **growth(now.end_mrr, now.start_mrr)},
        {"name": "Active members", "value": count(now.customers_end), "href": link("members", span),
         "was": f"from {count(now.base)}", "spark": course.line(lambda one: one.customers_end),
         **compared(now.customers_end, now.base, count)},
        {"name": "New members", "value": count(now.counts["new"]), "href": link("new", span),
         "was": f"from {count(before.counts['new'])}", "spark": course.line(lambda one: one.counts["new"]),
         **compared(now.counts["new"], before.counts["new"], count)},
        lost(course), kept(course),
        {"name": "Payments recovered", "value": rate(len(failed.recovered), failed.closed),
         "href": link("recovered", span), "reason": None if failed.closed else "No failed payment is closed yet.",
         "was": f"{len(failed.recovered)} of {failed.closed}" if failed.closed >= 20 else "",
         **(compared(failed.rate, earlier.rate, points) if failed.closed else {})},
    ]


def lost(course: Course) -> dict:
    now, before = course.now, course.before
    return {"name": "Members lost", "value": rate(now.lost, now.base), "href": link("lost", course.span),
            "was": f"{now.lost} of {now.base}" if now.base >= 20 else "", "reason": None if now.base else NOBODY,
            "spark": course.line(lambda one: one.churn), **compared(now.churn, before.churn, points, -1)}


def kept(course: Course, name: str = "nrr", label: str = "Net revenue kept") -> dict:
    now, before = getattr(course.now, name), getattr(course.before, name)
    return {"name": label, "value": percent(now), "href": link("kept", course.span),
            "was": f"from {percent(before)}" if before is not None else "", "reason": NOBODY if now is None else None,
            "spark": course.line(lambda one: getattr(one, name)), **compared(now, before, points)}


def revenue(course: Course, ltv) -> list[dict]:
    """The six of the revenue page; `ltv` is (value or None, reason)."""
    span, now, before = course.span, course.now, course.before

    def cents(change):
        return DRESS.money(change)
    return [
        {"name": "Net new, monthly", "value": DRESS.monthly(now.net_new, sign=True), "href": link("movements", span),
         "was": f"from {DRESS.monthly(before.net_new, sign=True)}", "spark": course.line(lambda one: one.net_new),
         **compared(now.net_new, before.net_new, DRESS.monthly)},
        kept(course), kept(course, "grr", "Gross revenue kept"),
        {"name": "A member pays", "value": DRESS.money(now.arpu), "href": link("mrr", span),
         "reason": None if now.arpu else "Nobody pays yet.", "spark": course.line(lambda one: one.arpu),
         "was": f"from {DRESS.money(before.arpu)}" if before.arpu else "", **compared(now.arpu, before.arpu, cents)},
        {"name": "Lifetime value", "value": DRESS.money(ltv[0], sums=True), "reason": ltv[1], "was": ltv[2],
         "href": link("lost", span)},
        {"name": "Quick ratio", "value": str(rounded(now.quick_ratio, 1)) if now.quick_ratio is not None else "–",
         "reason": None if now.quick_ratio is not None else "Nothing was lost in the period.",
         "href": link("movements", span), "spark": course.line(lambda one: one.quick_ratio),
         "was": f"from {rounded(before.quick_ratio, 1)}" if before.quick_ratio is not None else "",
         **compared(now.quick_ratio, before.quick_ratio, lambda change: str(rounded(change, 1)))},
    ]
