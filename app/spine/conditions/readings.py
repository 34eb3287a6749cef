"""The forms in which free values are compared, made once when they are written."""
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from app.kit.clock import parse_time

MICRO = 1_000_000                      # numbers are read as whole millionths: exact on both databases
LARGEST = Decimal(10) ** 12
START = datetime(1970, 1, 1, tzinfo=UTC)


def fold(text) -> str:
    """The form in which text is compared and searched: NFKC, case folded, no outer space, storable anywhere."""
    if isinstance(text, bool):
        text = "yes" if text else "no"
    text = unicodedata.normalize("NFKC", str(text)).casefold().strip().replace("\x00", "")
    return text.encode("utf-8", "ignore").decode()


def readings(values: dict) -> dict:
    """Every way each value may be compared: `t` folded text, `n` millionths, `d` microseconds since 1970."""
    read: dict[str, dict] = {}
    for key, value in values.items():
        for letter, reading in readings_of(value).items():
            read.setdefault(letter, {})[plain_key(key)] = reading
    return read


def plain_key(key: str) -> str:
    """The key in ASCII: SQLite does not find others inside JSON that was written with escapes."""
    return key if key.isascii() else "".join(c if c.isascii() else f"+{ord(c):x}+" for c in key)


def readings_of(value) -> dict:
    """The readings of one value; empty for nothing."""
    if value is None or (text := fold(value)) == "":
        return {}
    read = {"t": text}
    if (number := millionths(value)) is not None:
        read["n"] = number
    elif (moment := moment_of(value)) is not None:
        read["d"] = microseconds(moment)
    return read


def millionths(value) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    if isinstance(value, str) and not re.fullmatch(r"\s*[-+]?\d{1,13}(\.\d*)?\s*", value, re.ASCII):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return int(number * MICRO) if number.is_finite() and abs(number) <= LARGEST else None


def moment_of(value) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.match(r"\s*\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        return parse_time(value)
    except (ValueError, OverflowError):
        return None


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - START) // timedelta(microseconds=1)
