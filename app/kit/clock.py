"""One clock. `now()` is product time, which tests and the time machine may move; `real_now()` never moves.

Leases, sessions and signature windows use `real_now()`; everything a creator sees uses `now()`.
"""
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = {"by": timedelta(0), "frozen": None, "source": None}


def real_now() -> datetime:
    """The machine's own time, aware, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """Product time, aware, in UTC."""
    if _shift["frozen"] is not None:
        return _shift["frozen"]
    source = _shift["source"]
    return real_now() + (source() if source else _shift["by"])


def follow(source):
    """Take the offset (a timedelta) from a callable, as the time machine does; None stops that."""
    _shift["source"] = source


@contextmanager
def frozen(moment: datetime):
    """Stand still at `moment` inside the block; yields a function that moves the clock on, by a span or `to` a time."""
    before, _shift["frozen"] = _shift["frozen"], utc(moment)

    def forward(to: datetime | None = None, **by):
        _shift["frozen"] = utc(to) if to else _shift["frozen"] + timedelta(**by)
        return _shift["frozen"]

    try:
        yield forward
    finally:
        _shift["frozen"] = before


def utc(moment: datetime) -> datetime:
    """The same instant in UTC; a naive time is a bug and raises ValueError."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment!r}: say which zone it is in")
    return moment.astimezone(UTC)


def parse_time(text: str) -> datetime:
    """ISO 8601 with an offset or Z, or a bare date (midnight UTC); raises ValueError in words."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except (ValueError, AttributeError):
        raise ValueError(f"{text!r} is not an ISO 8601 time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC ending in Z, to the millisecond when there is one."""
    if moment is None:
        return None
    text = utc(moment).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return f"{text[:-6]}Z"
