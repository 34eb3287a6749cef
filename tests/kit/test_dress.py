"""Values in their full dress, as the screens promise them."""
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from app.kit import dress, plot

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
MAYA = SimpleNamespace(currency="USD", timezone="America/New_York")


@pytest.fixture
def wear():
    return dress.Dress(account=lambda: MAYA, now=lambda: NOW)


@pytest.mark.parametrize(("minor", "how", "text"), [
    (4900, {}, "$49.00"), (2354800, {"sums": True}, "$23,548"), (-12000, {"sums": True}, "−$120"),
    (11000, {"sign": True}, "+$110.00"), (0, {"sign": True}, "$0.00"), (4900, {"currency": "EUR"}, "49.00 EUR"),
    (4900, {"currency": "jpy"}, "4,900 JPY"), (4900, {"currency": "KWD"}, "4.900 KWD"), (None, {}, "–"),
])
def test_money(wear, minor, how, text):
    assert wear.money(minor, **how) == text


def test_the_accounts_own_currency_has_its_symbol():
    yen = dress.Dress(account=lambda: SimpleNamespace(currency="JPY", timezone="Asia/Tokyo"))
    assert yen.money(4900) == "¥4,900" and yen.money(4900, "USD") == "49.00 USD"
    assert dress.Dress().money(4900) == "$49.00"


def test_monthly_values_come_as_ten_thousandths_or_as_decimals(wear):
    assert wear.monthly(2354800 * 10_000) == wear.monthly(Decimal("2354800")) == "$23,548"
    assert wear.monthly(-120_00 * 10_000, sign=True) == "−$120" and wear.monthly(None) == "–"


def test_rates_points_and_counts():
    assert dress.percent(0.0553) == "5.5%" and dress.percent(0.914, 0) == "91%" and dress.percent(None) == "–"
    assert dress.points(0.008) == "0.8 pt" and dress.points(-0.023) == "−2.3 pt"
    assert dress.rate(4, 18) == "4 of 18" and dress.rate(22, 398) == "5.5%" and dress.rate(0, 0) == "–"
    assert dress.count(9_999_999) == "9,999,999" and dress.count(14, sign=True) == "+14"
    assert dress.plural(1, "person", "people") == "1 person"
    assert dress.plural(1284, "person", "people") == "1,284 people"


@pytest.mark.parametrize(("back", "text"), [
    (timedelta(seconds=20), "just now"), (timedelta(minutes=12), "12 min ago"), (timedelta(hours=3), "3 h ago"),
    (timedelta(hours=15), "yesterday"), (timedelta(days=5), "5 d ago"), (timedelta(days=38), "14 Oct"),
    (timedelta(days=617), "14 Mar 2025"), (timedelta(hours=-3), "in 3 h"), (timedelta(days=-1), "tomorrow"),
    (timedelta(days=-3), "in 3 d"),
])
def test_ago(wear, back, text):
    assert wear.ago(NOW - back) == text


def test_a_moment_tells_the_exact_local_time(wear):
    told = wear.moment(datetime(2026, 11, 21, 14, 28))
    assert told == '<time datetime="2026-11-21T09:28-05:00" title="21 Nov 2026, 09:28">2 min ago</time>'
    assert ">09:28<" in wear.moment(datetime(2026, 11, 21, 14, 28), "clock")
    assert "&lt;b&gt;" in wear.moment(NOW, "<b>") and wear.moment(None) == "–"


def test_days_and_periods(wear):
    assert wear.day(date(2026, 10, 14)) == "14 Oct" and wear.day(date(2025, 3, 14)) == "14 Mar 2025"
    assert wear.day(date(2026, 11, 20), long=True) == "Friday 20 November"
    # Two in the morning in London is still the day before in New York.
    assert wear.day(datetime(2026, 11, 21, 2, 0, tzinfo=UTC)) == "20 Nov"
    assert wear.period(date(2026, 10, 23), date(2026, 11, 21)) == "23 Oct to 21 Nov"
    assert wear.period(date(2025, 3, 14), date(2025, 10, 14)) == "14 Mar to 14 Oct 2025"
    assert wear.period(date(2025, 12, 1), date(2026, 1, 2)) == "1 Dec 2025 to 2 Jan"


@pytest.mark.parametrize(("seconds", "text"), [
    (3 * 86400, "3 days"), (86400, "24 hours"), (3600, "1 hour"), (5400, "1 hour 30 minutes"), (40, "40 seconds"),
    (0, "no time"), (timedelta(hours=6), "6 hours"),
])
def test_duration(seconds, text):
    assert dress.duration(seconds) == text


@pytest.mark.parametrize(("name", "text"), [
    ("Dario Mancini", "DM"), ("Łukasz Nowak", "ŁN"), ("Ana de la Cruz", "AC"), ("bo@example.com", "B"), ("", "?"),
    (None, "?"),
])
def test_initials(name, text):
    assert dress.initials(name) == text


def test_axis_labels_may_shorten(wear):
    told = [wear.short(value, "money") for value in (2500000, 500000, 120000000, 0, 4900)]
    assert told == ["$25k", "$5k", "$1.2M", "0", "$49"]
    assert wear.short(1500) == "1.5k" and wear.short(0.4, "percent") == "40%" and wear.short(0.5) == "0.5"
    assert wear.dressed(0.055, "percent") == "5.5%" and wear.dressed("June", "count") == "June"


def test_grid_lines_are_round_and_start_at_zero():
    assert [value for value, _ in plot.ticks(23548)] == [25000, 20000, 15000, 10000, 5000, 0]
    assert plot.ticks(0)[-1] == (0, 100.0) and len(plot.ticks(31)) <= 7


def test_lines_span_the_picture():
    assert plot.line([0, 5, 10]) == "M0.0 100.0 L50.0 50.0 L100.0 0.0"
    assert plot.line([7]) == "M0.0 50.0 L100.0 50.0" and plot.line([]) == ""
    assert plot.thin(range(53))[0] == 0 and plot.thin(range(53))[-1] == 52 and len(plot.thin(range(53))) == 7


def test_the_waterfall_adds_up():
    moves = [{"value": 22202, "total": True}, {"value": 2624}, {"value": -1278}, {"value": 23548, "total": True}]
    first, gain, loss, last = plot.steps(moves, 21000, 25000)
    assert (first["kind"], gain["kind"], loss["kind"], last["kind"]) == ("total", "gain", "loss", "total")
    assert gain["x"] == first["width"] and loss["x"] == last["width"]


@pytest.mark.parametrize(("told", "leads"), [
    ("https://whop.test/pay/1", True), ("HTTP://x.test", True), ("javascript:alive=1//https://x.test", False),
    (" javascript:alive=1", False), ("data:text/html,x", False), ("//evil.test", False), ("https:///x", False),
    ("/people", False), ("", False), (None, False)])
def test_what_a_vendor_calls_an_address_is_one_or_nothing(told, leads):
    assert dress.web(told) == (told if leads else "")


def test_every_kind_of_event_has_an_icon_that_exists():
    from app.kit.icons import drawing
    from app.spine.events import CATALOGUE
    assert all(drawing(kind.icon) for kind in CATALOGUE.values())
