"""How long a touch may be credited: account.settings["analytics"], {"window_days": 7, "window_before": [...]}."""
from datetime import datetime, timedelta

from app.accounts import current_account
from app.kit.clock import now, parse_time

USUAL, MOST = 7, 30


def window(at: datetime | None = None) -> timedelta:
    """The window for payments of that moment, or of now: 1 to 30 days, 7 unless said otherwise."""
    held = _held()
    past = (one["days"] for one in held.get("window_before", []) if at and at < parse_time(one["until"]))
    return timedelta(days=min(MOST, max(1, int(next(past, held.get("window_days", USUAL))))))


def change_window(days: int) -> None:
    """Another window, 1 to 30 days, for payments from now on; what was paid before keeps the one of its time."""
    held, account, before = _held(), current_account(), window().days
    if days != before:
        past = [*held.get("window_before", []), {"until": now().isoformat(), "days": before}]
        held = {**held, "window_days": days, "window_before": past}
        account.settings = {**(account.settings or {}), "analytics": held}


def _held() -> dict:
    return (current_account().settings or {}).get("analytics") or {}
