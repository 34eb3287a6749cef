"""One row of `people.csv`, understood."""
from dataclasses import dataclass, field

from app.connections import BadRow, Row
from app.people.counts import COUNTED
from app.people.meeting import clean, ids_of
from app.people.models.fields import field_key
from app.people.questions import STATUSES
from app.spine.facts import PersonRef

COLUMNS = ("member_id", "user_id", "email", "username", "name", "status", "plan_id", "product_id", "joined_at",
           "canceled_at", "cancel_reason", "renews_at", "total_revenue_cents", "total_payments", "first_payment_at",
           "last_payment_at", "last_active_at", "forum_posts", "forum_comments", "lessons_completed", "country", "tags",
           "phone", "chat_messages", "engagement_score", "timezone", "locale", "lead_source", "person_id",
           "stripe_customer", "plan_shown", "currency_of_totals")
ALIASES = {"membership_status": "status", "plan": "plan_id", "product": "product_id", "id": "member_id",
           "e-mail": "email", "full_name": "name", "total_spent": "total_revenue_cents", "cancelled_at": "canceled_at",
           "payments_count": "total_payments", "whop_user": "user_id", "tag": "tags", "phone_number": "phone"}
TEXTS = ("name", "username", "country", "timezone", "locale", "plan_id", "product_id", "cancel_reason", "lead_source")
MOMENTS = ("joined_at", "canceled_at", "renews_at", "first_payment_at", "last_payment_at", "last_active_at")
NUMBERS = {"total_spent": "total_revenue_cents", "payments_count": "total_payments",
           "engagement_score": "engagement_score"}
GONE = ("canceled", "expired", "completed", "unpaid", "incomplete")
LARGEST = 2_147_483_647
OURS = "ours"                                  # the kind of an id that we gave out in an export


@dataclass
class Incoming:
    """Who the row is about (`ids`, `ref`), the columns it fills, totals, custom values and tags."""
    ref: PersonRef
    ids: list
    values: dict
    totals: dict
    custom: dict
    tags: list
    plan: str | None = None                    # as a list shows it: its name, or its id where it has none
    row: Row | None = None
    person_id: int = 0
    changed: bool = field(default=False)


def read(row: Row) -> Incoming:
    """Understand a row or raise BadRow."""
    email = row.text("email")
    if email and not clean("email", email):
        raise BadRow(f"email: {email!r} is not an email address")
    ref = PersonRef(email=email, external=row.text("member_id"), whop_user=row.text("user_id"), phone=row.text("phone"),
                    stripe=row.text("stripe_customer"))
    ids = ids_of(ref) + ([(OURS, ours)] if (ours := row.text("person_id")) else [])
    if not ids:
        raise BadRow("neither member_id, user_id, email nor phone says who this is")
    return Incoming(ref, ids, _values(row, ref), _totals(row), _custom(row), _tags(row), row.text("plan_shown"),
                    row)


def keys(row: Row) -> list[tuple]:
    """What a row says about who it is, so that rows of one person are tried together."""
    try:
        return read(row).ids
    except BadRow:
        return []


def _values(row: Row, ref: PersonRef) -> dict:
    values = {"email": clean("email", ref.email), "phone": clean("phone", ref.phone),
              **{name: clean(name, row.text(name)) for name in TEXTS}, **{name: row.moment(name) for name in MOMENTS},
              **{name: row.whole(column) for name, column in NUMBERS.items()}}
    status = row.choice("status", STATUSES)
    if status:
        values["membership_status"] = status
        values["stage"] = "former" if status in GONE else "member"
    if (values["payments_count"] or 0) > LARGEST or (values["engagement_score"] or 0) > 100:
        raise BadRow("total_payments or engagement_score is out of range")
    return {name: value for name, value in values.items() if value is not None}


def _totals(row: Row) -> dict:
    totals = {name: row.whole(name) for name in COUNTED}
    if any(number and number > LARGEST for number in totals.values()):
        raise BadRow("a counter is out of range")
    return {name: number for name, number in totals.items() if number is not None}


def _custom(row: Row) -> dict:
    return {key: text[:2000] for name, text in row.extra.items() if (key := field_key(name))}


def _tags(row: Row) -> list[str]:
    names = [" ".join(name.split()) for name in (row.text("tags") or "").split("|")]
    if any(len(name) > 60 for name in names):
        raise BadRow("tags: a tag has at most 60 characters")
    return list(dict.fromkeys(filter(None, names)))
