"""The columns of two people made those of one: chosen by hand, added up, or the better of the two."""
from sqlalchemy import inspect

from app.people import Person

CHOSEN = {"name": "Name", "email": "Email", "username": "Username", "phone": "Phone", "country": "Country",
          "timezone": "Time zone", "address": "Address", "lead_status": "Lead status", "lead_source": "Came from",
          "assigned_to": "Looked after by"}
BY_HAND = 32_503_680_000             # as in app/people/meeting.py: what a human said outranks every source
EARLIEST = ("joined_at", "first_payment_at", "converted_at")
LATEST = ("last_payment_at", "last_active_at")
ADDED = ("total_spent", "payments_count", "forum_posts", "forum_comments", "lessons_completed",
         "chat_messages")
ACCESS = ("membership_status", "plan_id", "product_id", "plan_name", "canceled_at", "cancel_reason", "renews_at",
          "stage")
STAGES = ("member", "former", "lead")                  # the best first
SCORED = ("risk_score", "risk_level", "risk_method")
OUTSIDE = {"id", "account_id", "public_id", "created_at", "updated_at", "search_text", "folded", "tagged",
           "merged_into_id", "erased_at", "lead_value"}


def columns_of(person: Person) -> dict:
    """Every column that a merge may change."""
    return {attribute.key: getattr(person, attribute.key) for attribute in inspect(Person).column_attrs
            if attribute.key not in OUTSIDE}


def differing(kept: Person, gone: Person) -> dict[str, tuple]:
    """Name -> (label, the value of the one who stays, the other's) wherever at least one says something."""
    pairs = {name: (label, getattr(kept, name) or None, getattr(gone, name) or None) for name, label in CHOSEN.items()}
    mine, theirs = kept.custom or {}, gone.custom or {}
    for key in sorted({*mine, *theirs}):
        pairs[f"custom.{key}"] = (key.replace("_", " ").capitalize(), mine.get(key), theirs.get(key))
    return {name: pair for name, pair in pairs.items() if pair[1] is not None or pair[2] is not None}


def joined(kept: Person, gone: Person, choices: dict) -> dict:
    """The columns of the one who stays. `choices` names the fields whose value is taken from the one who goes."""
    values, told = {}, {key: max((kept.told or {}).get(key, 0), (gone.told or {}).get(key, 0))
                        for key in {*(kept.told or {}), *(gone.told or {})}}
    custom = dict(kept.custom or {})
    for name, (_, mine, theirs) in differing(kept, gone).items():
        taken = theirs if theirs is not None and (mine is None or choices.get(name) == "gone") else mine
        if name.startswith("custom."):
            custom[name.removeprefix("custom.")] = taken
        else:
            values[name] = taken
        if mine is not None and theirs is not None and mine != theirs:
            told[name] = BY_HAND
    values["address"] = values.get("address") or {}
    return {**values, "custom": custom, "told": told, **_totals(kept, gone), **_standing(kept, gone)}


def _totals(kept: Person, gone: Person) -> dict:
    """Sums and dates; the domains that hold the rows behind them settle theirs anew."""
    found = {name: getattr(kept, name) + getattr(gone, name) for name in ADDED}
    for names, pick in ((EARLIEST, min), (LATEST, max)):
        for name in names:
            known = [value for value in (getattr(kept, name), getattr(gone, name)) if value is not None]
            found[name] = pick(known) if known else None
    first = min((one for one in (kept, gone) if one.converted_at), key=lambda one: one.converted_at, default=kept)
    mine, theirs = kept.counted or {}, gone.counted or {}
    counted = {key: mine.get(key, 0) + theirs.get(key, 0) for key in {*mine, *theirs} - {"at"}}
    if counted:
        counted["at"] = max(mine.get("at", 0), theirs.get("at", 0))
    return {**found, "conversion": first.conversion or {}, "counted": counted,
            "cart_value": kept.cart_value if kept.cart_value is not None else gone.cart_value,
            "locale": kept.locale or gone.locale, "staff": kept.staff or gone.staff}


def _standing(kept: Person, gone: Person) -> dict:
    """Membership and scores are those of one of the two, never a mix."""
    better = min((kept, gone), key=lambda one: (STAGES.index(one.stage), one.membership_status is None, one is gone))
    riskier = max((kept, gone), key=lambda one: (one.risk_score if one.risk_score is not None else -1, one is kept))
    scores = [one.engagement_score for one in (kept, gone) if one.engagement_score is not None]
    return {**{name: getattr(better, name) for name in ACCESS}, **{name: getattr(riskier, name) for name in SCORED},
            "engagement_score": max(scores) if scores else None}
