"""Segments to start from: asked as they stand, changed as one likes."""
from app.kit.money import to_minor


def starts(currency: str) -> dict[str, tuple[str, dict]]:
    """key -> (name, condition), the amounts in the account's currency."""
    active = {"field": "membership_status", "op": "is", "value": "active"}
    return {
        "active": ("Active Members", {"all": [active]}),
        "at-risk": ("At Risk", {"all": [active, _days("last_active_at", "not_in_last", 30)]}),
        "new": ("New", {"all": [_days("joined_at", "in_last", 30)]}),
        "high-value": ("High Value", {"all": [{"field": "total_spent", "op": "gt", "value": to_minor(500, currency)}]}),
        "churned": ("Churned", {"all": [{"field": "stage", "op": "is", "value": "former"}]}),
        "past-due": ("Past due", {"all": [{**active, "value": "past_due"}]}),
        "trial-ending": ("Trial ending", {"all": [{**active, "value": "trialing"}, _days("renews_at", "in_next", 3)]}),
        "engaged": ("High engagement", {"all": [{"field": "engagement_score", "op": "gte", "value": 70}]}),
    }


def _days(field: str, op: str, n: int) -> dict:
    return {"field": field, "op": op, "value": {"n": n, "unit": "days"}}
