"""The numbers of the API: every rate with its parts, the names of contract.md, None where nothing is known."""
from datetime import UTC, datetime, timedelta

import pytest

from app.kit import clock
from app.spine.db import db
from app.spine.facts import PaymentFact, PersonRef, absorb
from tests.analytics.test_worked_book import book  # noqa: F401 - the fixture

NOW = datetime(2026, 4, 30, 12, tzinfo=UTC)


@pytest.fixture
def spring(book):  # noqa: F811
    """The worked book, looked at on 30 April."""
    with clock.frozen(NOW):
        yield


def test_the_dashboard_of_march(program, spring):
    told = program.get("/analytics/dashboard?from=2026-03-01&to=2026-03-31").json
    assert told["period"] == {"from": "2026-03-01", "to": "2026-03-31", "timezone": "UTC"}
    assert told["mrr"] == {"start": "20683.3333", "end": "17683.3333", "net_new": "-3000.0000", "arr": "212199.9996"}
    assert told["churn"] == {"value": "0.200000", "numerator": 1, "denominator": 5}
    assert told["grr"] == {"value": "0.381144", "numerator": "7883.3333", "denominator": "20683.3333"}
    assert told["nrr"]["value"] == "0.526189" and told["arpu"]["value"] == "3536.6667"
    assert told["members"]["lost_voluntary"] + told["members"]["lost_payment_failed"] == told["members"]["lost"] == 1


def test_nothing_is_null_and_not_zero(program, account):
    told = program.get("/analytics/dashboard").json
    for name in ("churn", "grr", "nrr", "arpu"):
        assert told[name]["value"] is None
    assert told["recovery"]["rate"] == {"value": None, "numerator": 0, "denominator": 0}
    assert told["messages"]["open_rate"]["value"] is None and told["earned"]["extra"] is None


def test_cohorts_by_their_names(program, spring):
    rows = program.get("/analytics/cohorts").json["data"]
    january = {row["day"]: row for row in rows if row["cohort"] == "2026-01"}
    assert january[60] == {"cohort": "2026-01", "size": 5, "day": 60, "eligible": 5, "retained": 3,
                           "member_retention": "0.600000", "mrr_day0": "18500.0000", "mrr_dayN": "8700.0000",
                           "revenue_retention": "0.470270", "complete": 1}
    assert january[90]["complete"] == 0 and january[90]["member_retention"] == "0.800000"
    assert january[180]["eligible"] == 0 and january[180]["member_retention"] is None
    later = program.get("/analytics/cohorts?from=2026-02-01&to=2026-04-30").json["data"]
    assert {row["cohort"] for row in later} == {"2026-02", "2026-03"}


def test_attribution_counts_every_paid_conversion_once(program, account, run_jobs):
    with clock.frozen(NOW):
        for number in range(3):
            at = NOW - timedelta(days=number + 1)
            absorb(PaymentFact(PersonRef(email=f"p{number}@harbor.test"), f"pay_{number}", "paid", at, at, 4900, "USD"),
                   "whop")
        db.session.commit()
        run_jobs()
        told = program.get("/analytics/attribution").json
    assert told["none"] == {"conversions": 3, "value": {"amount": 14700, "currency": "USD"}}
    assert [told[name]["conversions"] for name in ("attributed", "influenced", "held_out")] == [0, 0, 0]
    assert set(told["by_kind"]) == {"recovered_payment", "upgrade", "first_purchase", "reactivation"}
    assert told["data"] == []


@pytest.mark.parametrize("query", ["from=x", "from=2026-03-02&to=2026-03-01", "from=1990-01-01"])
@pytest.mark.parametrize("name", ["dashboard", "revenue", "cohorts", "attribution"])
def test_odd_ranges_are_refused_in_words(program, name, query):
    answer = program.get(f"/analytics/{name}?{query}")
    assert answer.status_code == 422 and answer.json["detail"]
