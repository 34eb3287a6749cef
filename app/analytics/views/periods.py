"""The period a screen looks at, from its address."""
from flask import request, url_for

from ..metrics import LENGTHS, Span

NAMES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "12 months"}


def chosen() -> int:
    """7, 30, 90 or 365 days; 30 when the address says nothing we know."""
    try:
        days = int(request.args.get("days", 30))
    except ValueError:
        days = 30
    return days if days in LENGTHS else 30


def segments(endpoint: str, days: int, **more) -> list[dict]:
    """The links of the period picker."""
    return [{"label": NAMES[length], "href": url_for(endpoint, days=length, **more), "current": length == days}
            for length in LENGTHS]


def words(span: Span) -> str:
    """23 Oct to 21 Nov."""
    from flask import current_app
    return current_app.jinja_env.globals["period"](span.first, span.last)
