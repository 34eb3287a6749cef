"""What a leaf's value may be: parsed once, before anybody compares with it."""
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from app.kit.clock import utc

from .readings import fold
from .tree import BadCondition

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
         "week": timedelta(weeks=1), "month": timedelta(days=30), "year": timedelta(days=365)}
MOST = 500                     # values in a list
LARGEST = 2 ** 62
LONGEST = timedelta(days=36500)
INSTANT = timedelta(microseconds=1)


def text(value) -> str:
    """Folded text that is not empty."""
    if not isinstance(value, str | int | float) or not (folded := fold(value)) or len(folded) > 500:
        raise BadCondition("needs some text, at most 500 characters")
    return folded


def number(value) -> Decimal:
    """A finite number, also when written as text."""
    try:
        parsed = Decimal(str(value).strip()) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        parsed = None
    if parsed is None or isinstance(value, bool) or not parsed.is_finite() or abs(parsed) > LARGEST:
        raise BadCondition(f"{value!r} is not a number")
    return parsed


def truth(value) -> bool:
    """True or false, also as the words a form sends."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        return value.lower() in ("true", "yes")
    raise BadCondition(f"{value!r} is neither true nor false")


def day(value, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From (inclusive) and to (exclusive) in UTC: a whole day of the zone, or one instant when a time is given."""
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
            first = date.fromisoformat(value.strip())
            if not 1900 <= first.year <= 9000:
                raise BadCondition(f"the year of {value!r} is out of range")
            start, end = (datetime.combine(day, time(), zone) for day in (first, first + timedelta(days=1)))
            return utc(start), utc(end)
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        moment = utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))
        return moment, moment + INSTANT
    except (ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, BadCondition):
            raise
        raise BadCondition(f"{value!r} is not a date such as 2026-08-03") from None


def span(value) -> timedelta:
    """`{"n": 30, "unit": "days"}` as a length of time; whole numbers, at most 100 years."""
    if not isinstance(value, dict) or set(value) - {"n", "unit"} or "n" not in value:
        raise BadCondition('needs {"n": 30, "unit": "days"}')
    unit, n = str(value.get("unit", "days")).rstrip("s"), number(value["n"])
    if unit not in UNITS:
        raise BadCondition(f"{value.get('unit')!r} is not a unit; there are {', '.join(f'{u}s' for u in UNITS)}")
    if n != int(n) or n < 1 or n * int(UNITS[unit].total_seconds()) > LONGEST.total_seconds():
        raise BadCondition("the number must be whole, at least 1, and reach at most 100 years")
    return int(n) * UNITS[unit]


def span_words(value) -> str:
    """30 days, 1 week."""
    n, unit = int(number(value["n"])), str(value.get("unit", "days")).rstrip("s")
    return f"{n} {unit}" + ("" if n == 1 else "s")


def many(value, one) -> list:
    """A list of at least one value."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST:
        raise BadCondition(f"needs a list of 1 to {MOST} values")
    return [one(item) for item in value]


def pair(value, one) -> tuple:
    """Two values, the lower first."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadCondition("needs two values, from and to")
    return one(value[0]), one(value[1])
