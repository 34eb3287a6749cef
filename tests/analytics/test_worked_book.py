"""The worked examples of metrics.md sections 2 to 5, to the last digit, from segments in the tables."""
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.analytics.books import Segment, movements
from app.analytics.jobs import rewrite_stale, went_stale
from app.analytics.metrics import month_rows, mrr_at
from app.memberships import Membership, MembershipSegment
from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef

UTC_ZONE = ZoneInfo("UTC")


def d(month, day, year=2026):
    return datetime(year, month, day, 12, tzinfo=UTC)


BOOK = {
    "ana": [("active", "basic", 1900, d(1, 10), d(3, 15)), ("active", "pro", 4900, d(3, 15), None)],
    "ben": [("active", "pro", 49000, d(2, 5), None, "year")],
    "cho": [("active", "pro", 4900, d(1, 20), d(3, 20))],
    "dee": [("active", "basic", 1900, d(1, 2), d(2, 10)), ("active", "pro", 4900, d(3, 5), None)],
    "eli": [("trialing", "basic", 1900, d(3, 1), d(3, 8)), ("active", "basic", 1900, d(3, 8), None)],
    "fay": [("completed", "lifetime", 29900, d(3, 3), None, "one_time")],
    "gus": [("active", "pro", 4900, d(1, 15), d(3, 18)), ("paused", "pro", 4900, d(3, 18), d(5, 18))],
    "hal": [("active", "pro", 4900, d(1, 15), d(3, 11)), ("active", "basic", 1900, d(3, 11), None)],
}


@pytest.fixture
def book(account):
    account.timezone = "UTC"
    for name, segments in BOOK.items():
        person = meet(PersonRef(email=f"{name}@book.test", name=name.title()), "import")
        membership = Membership(person_id=person.id, source="import", external_id=name, currency="USD")
        db.session.add(membership)
        db.session.flush()
        for seq, (status, _plan, amount, start, end, *interval) in enumerate(segments):
            db.session.add(MembershipSegment(
                membership_id=membership.id, person_id=person.id, seq=seq, status=status, amount=amount, currency="USD",
                interval=interval[0] if interval else "month", starts_at=start, ends_at=end, given=True))
        went_stale(membership)
    db.session.flush()
    rewrite_stale()
    db.session.commit()


MONTHS = [
    ("2026-01", "0.0000", "18500.0000", "0.0000", "0.0000", "0.0000", "0.0000", "18500.0000"),
    ("2026-02", "18500.0000", "4083.3333", "0.0000", "0.0000", "0.0000", "1900.0000", "20683.3333"),
    ("2026-03", "20683.3333", "1900.0000", "3000.0000", "4900.0000", "7900.0000", "4900.0000", "17683.3333"),
    ("2026-04", "17683.3333", "0.0000", "0.0000", "0.0000", "0.0000", "0.0000", "17683.3333"),
    ("2026-05", "17683.3333", "0.0000", "0.0000", "0.0000", "0.0000", "0.0000", "17683.3333"),
]


def test_the_waterfall_by_month(book):
    names = ("start_mrr", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr", "end_mrr")
    rows = month_rows(date(2026, 1, 1), date(2026, 5, 31))
    assert [(row["month"], *(str(row[name]) for name in names)) for row in rows] == MONTHS
    assert rows[4]["n_churn_events"] == 1, "gus leaves while paused: one customer, no money"


def test_churn_and_retention_of_march(book):
    january, _, march, april, may = month_rows(date(2026, 1, 1), date(2026, 5, 31))
    assert [str(march[name]) for name in ("logo_churn", "grr", "nrr", "revenue_churn", "quick_ratio", "arpu")] == [
        "0.200000", "0.381144", "0.526189", "0.618856", "0.765625", "3536.6667"]
    assert march["customers_start"] == 5 and march["customers_lost"] == 1
    assert all(january[name] is None for name in ("logo_churn", "grr", "nrr", "revenue_churn", "ltv"))
    assert str(april["logo_churn"]) == "0.000000" and str(april["grr"]) == "1.000000"
    assert april["quick_ratio"] is None
    assert str(may["ltv"]) == "25935.5555"


def test_arr_is_twelve_times_mrr(book):
    assert str(month_rows(date(2026, 3, 1), date(2026, 3, 1))[0]["arr"]) == "212199.9996"
    assert mrr_at(date(2026, 3, 31)) == 176_833_333


def one(interval, count, amount, quantity=1, discount=0):
    return Segment("s", 0, 1, "active", interval, count, amount, quantity, discount, d(1, 1), None)


@pytest.mark.parametrize("segment, monthly", [
    (one("year", 1, 10000), "833.3333"), (one("week", 1, 700), "3033.3333"), (one("month", 3, 12000), "4000.0000"),
    (one("month", 1, 1900, 3, 400), "5300.0000"), (one("month", 1, 500, 1, 900), "0.0000"),
    (one("one_time", 1, 29900), "0.0000"), (one("day", 30, 4900), "4968.0556")])
def test_monthly_values(segment, monthly):
    assert Decimal(segment.monthly()) / 10000 == Decimal(monthly)


def test_twelve_yearly_members_are_worth_a_hundred_dollars_a_month():
    assert 12 * one("year", 1, 10000).monthly() == 99_999_996


def test_cancelling_at_midnight_keeps_the_day_before():
    midnight = datetime(2026, 3, 2, 5, tzinfo=UTC)           # midnight in New York
    leaves = Segment("s", 0, 1, "active", "month", 1, 4900, 1, 0, d(2, 1), midnight)
    moves = movements([leaves], ZoneInfo("America/New_York"))
    assert [(move.kind, move.day) for move in moves] == [("new", date(2026, 2, 1)), ("churned", date(2026, 3, 2))]


def test_leaving_and_coming_back_on_one_day_is_no_movement():
    segments = [Segment("a", 0, 1, "active", "month", 1, 4900, 1, 0, d(1, 1), d(2, 1)),
                Segment("b", 0, 1, "active", "month", 1, 4900, 1, 0, d(2, 1), None)]
    assert [move.kind for move in movements(segments, UTC_ZONE)] == ["new"]


def test_a_correction_replaces_and_the_later_start_wins():
    segments = [Segment("a", 0, 1, "active", "month", 1, 1900, 1, 0, d(1, 1), None),
                Segment("a", 0, 2, "active", "month", 1, 2900, 1, 0, d(1, 1), None),
                Segment("a", 1, 1, "active", "month", 1, 4900, 1, 0, d(2, 1), None)]
    assert [(m.kind, m.after, m.reason) for m in movements(segments, UTC_ZONE)] == [
        ("new", 29_000_000, ""), ("expansion", 49_000_000, "discount")]
