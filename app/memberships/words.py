"""Memberships in words: state, price, dates, and how each stretch went."""
from app.accounts import current_account
from app.catalog import Plan
from app.kit.clock import now
from app.kit.dress import Dress
from app.spine.db import db

from .models import Membership

DRESS = Dress(account=current_account, now=now)
BADGES = {"trialing": ("Trial", "info"), "active": ("Active", "good"), "past_due": ("Past due", "bad"),
          "canceling": ("Leaves", "warn"), "paused": ("Paused", "info"), "unpaid": ("Unpaid", "bad"),
          "incomplete": ("Not complete", ""), "completed": ("For good", "good"), "canceled": ("Ended", ""),
          "expired": ("Expired", "")}
EVERY = {"day": "day", "week": "week", "month": "month", "year": "year"}


def badge(row) -> tuple[str, str]:
    return BADGES.get(row.status, (row.status.replace("_", " ").capitalize(), ""))


def price(row) -> str:
    """$49.00 a month; $120.00 every 3 months; Free."""
    worth = max(0, row.amount * (row.quantity or 1) - (row.discount or 0))
    if not worth:
        return "Free"
    amount, unit = DRESS.money(worth, row.currency), EVERY.get(row.interval)
    if unit is None:
        return f"{amount} once"
    return f"{amount} a {unit}" if (row.interval_count or 1) == 1 else f"{amount} every {row.interval_count} {unit}s"


def dates(row: Membership) -> list[str]:
    """Since when, until when, and why."""
    told = [f"since {DRESS.day(row.started_at)}" if row.started_at else None]
    if row.ended_at:
        told.append(f"ended {DRESS.day(row.ended_at)}")
    elif row.status == "canceling" and row.period_end:
        told.append(f"ends {DRESS.day(row.period_end)}")
    elif row.status == "trialing" and row.trial_end:
        told.append(f"trial ends {DRESS.day(row.trial_end)}")
    elif row.period_end and row.period_end > now():
        told.append(f"renews {DRESS.day(row.period_end)}")
    if row.cancel_reason and row.status in ("canceling", "canceled", "expired"):
        told.append(row.cancel_reason.replace("_", " "))
    return [words for words in told if words]


def stretches(parts) -> list[dict]:
    """Each segment in a line."""
    found = []
    for part in parts:
        plan = db.session.get(Plan, part.plan_id) if part.plan_id else None
        until = DRESS.day(part.ends_at) if part.ends_at else "now"
        found.append({"words": f"{badge(part)[0]}, {plan.label if plan else 'no plan named'}, {price(part)}",
                      "when": f"{DRESS.day(part.starts_at)} to {until}"})
    return found
