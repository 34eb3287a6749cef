"""Reading a vendor's JSON: the first of several places, moments in any spelling, versions that never tie by chance."""
import re
from datetime import UTC, datetime, timedelta

from app.kit.clock import parse_time

MILLISECONDS = 10**11        # epoch numbers above this are milliseconds
NUMBER = re.compile(r"\d{9,13}(\.\d+)?")


def first(data, *paths: str):
    """The first value that is there (not None, not "") along dotted paths; None when none is."""
    for path in paths:
        value = data
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if value not in (None, ""):
            return value
    return None


def text(data, *paths: str) -> str | None:
    """The first of these places that holds text or a plain number, as text."""
    for path in paths:
        value = first(data, path)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
    return None


def id_of(data, noun: str) -> str | None:
    """The id of a related object, spelled `noun_id`, `noun.id` or `noun` itself."""
    return text(data, f"{noun}_id", f"{noun}.id", noun)


def moment(value) -> datetime | None:
    """ISO 8601, epoch seconds or epoch milliseconds, as number or text; None for what is none of these."""
    if isinstance(value, bool) or value in (None, "", 0):
        return None
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        try:
            return parse_time(value)
        except ValueError:
            return None
    try:
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def version(moments, rank: int) -> datetime:
    """The latest of these moments, moved on by `rank` microseconds, so that two states of one instant have an order."""
    latest = max(moment for moment in moments if moment is not None)
    return latest.replace(microsecond=latest.microsecond // 1000 * 1000) + timedelta(microseconds=rank)


def whole(value) -> int | None:
    """A count as an integer a database can hold, or None."""
    try:
        count = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return count if abs(count) < 2**31 else None


def rows(data, *paths: str) -> list[dict]:
    """The objects of the first list along these paths."""
    found = first(data, *paths)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
