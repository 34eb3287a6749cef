"""What can be asked about people: PERSON, the vocabulary of segments, playbooks and search."""
from sqlalchemy import BigInteger, cast, select

from app.accounts import User, current_account, team
from app.spine.conditions import Field, Vocabulary, deeds_field, plain_key
from app.spine.db import db, is_postgres

from .models import LEAD_STATUSES, STAGES, CustomField, Person, Tag, Tagging
from .models.fields import field_key
from .models.indexes import carries

STATUSES = ("active", "trialing", "past_due", "canceling", "paused", "unpaid", "incomplete", "canceled", "expired",
            "completed")
LEVELS = ("MINIMAL", "LOW", "MODERATE", "HIGH", "CRITICAL")


def spelled(words) -> dict:
    """Stored words with what a page calls them."""
    return {word: word.replace("_", " ").capitalize() for word in words}


def snake(value: str) -> str:
    """`Past Due` as it is stored: past_due; American spelling of cancelled."""
    word = value.strip().lower().replace(" ", "_").replace("-", "_")
    return {"cancelled": "canceled"}.get(word, word)


class InUse:
    """The values of a column that somebody has, for the builder's choices; `of` is one value's label."""

    def __init__(self, column, label=None):
        self.column, self.label = column, label

    def __call__(self) -> dict:
        rows = db.session.execute(select(self.column, self.column if self.label is None else self.label).where(
            self.column.is_not(None)).distinct().order_by(self.column).limit(200))
        return {value: name or value for value, name in rows}

    def of(self, value):
        return None if self.label is None else db.session.scalar(
            select(self.label).where(self.column == value, self.label.is_not(None)).limit(1))


def _pairs(statement) -> dict:
    return dict(db.session.execute(statement).all())


def _tagged(keys):
    """People under any of these folded tag names, or under any tag at all for None."""
    if not is_postgres():
        return carries(Person, keys and db.session.scalars(select(Tag.id).where(Tag.called(keys))).all())
    people = select(Tagging.person_id)
    if keys is not None:
        people = people.where(Tagging.tag_id.in_(select(Tag.id).where(Tag.called(keys))))
    return Person.id.in_(people)


class Teammates:
    """Who may look after somebody, by public id."""

    def __call__(self) -> dict:
        return {user.public_id: user.label for user in team()}

    def of(self, public_id: str):
        return db.session.scalar(select(User.name).where(User.public_id == public_id)) or None


def _assignee(person) -> str | None:
    return person.assigned_to and db.session.get(User, person.assigned_to).public_id


def _text(name: str, label: str) -> Field:
    return Field(name, label, "text", Person.folded[("t", name)].as_string())


def _custom(key: str) -> Field | None:
    if not key or field_key(key) != key:
        return None

    def column(letter: str):
        stored = Person.folded[(letter, plain_key(f"custom.{key}"))].as_string()
        return stored if letter == "t" else cast(stored, BigInteger)
    return Field(f"custom.{key}", key.replace("_", " ").capitalize(), "free", column, group="custom",
                 read=lambda person: (person.custom or {}).get(key))


def _column(name: str, label: str, kind: str, **traits) -> Field:
    return Field(name, label, kind, getattr(Person, traits.pop("column", name)), **traits)


PERSON = Vocabulary(
    _column("membership_status", "Membership", "choice", choices=spelled(STATUSES), clean=snake, group="membership",
            names=("status",)),
    _column("plan", "Plan", "choice", column="plan_id", read=lambda person: person.plan_id, group="membership",
            choices=InUse(Person.plan_id, Person.plan_name), names=("plan_id",)),
    _column("product", "Product", "choice", column="product_id", read=lambda person: person.product_id,
            group="membership", choices=InUse(Person.product_id), names=("product_id",)),
    _column("joined_at", "Joined", "date", group="membership"),
    _column("tenure_days", "Time since joining", "days", column="joined_at", read=lambda person: person.joined_at,
            group="membership"),
    _column("canceled_at", "Canceled", "date", group="membership"),
    _column("cancel_reason", "Cancel reason", "choice", choices=InUse(Person.cancel_reason), group="membership"),
    _column("renews_at", "Renewal", "date", group="membership"),
    _column("total_spent", "Total spent", "money", group="payments"),
    _column("payments_count", "Payments", "number", group="payments"),
    _column("first_payment_at", "First payment", "date", group="payments"),
    _column("last_payment_at", "Last payment", "date", group="payments"),
    _column("last_active_at", "Last active", "date", group="activity"),
    _column("forum_posts", "Posts", "number", group="activity"),
    _column("forum_comments", "Comments", "number", group="activity"),
    _column("lessons_completed", "Lessons completed", "number", group="activity"),
    _column("chat_messages", "Chat messages", "number", group="activity"),
    _column("engagement_score", "Engagement", "number", group="activity"),
    deeds_field(Person.id),
    _column("risk_score", "Risk of leaving", "number", group="risk"),
    _column("risk_level", "Risk level", "choice", choices=spelled(LEVELS), clean=lambda word: word.strip().upper(),
            group="risk"),
    Field("tags", "Tags", "tags", _tagged,
          read=lambda person: frozenset(key for tag in person.tags for key in tag.keys),
          choices=lambda: _pairs(select(Tag.name, Tag.name.label("label")).order_by(Tag.key))),
    _column("stage", "Stage", "choice", choices=spelled(STAGES), clean=snake),
    _column("lead_status", "Lead status", "choice", choices=spelled(LEAD_STATUSES), clean=snake),
    _column("lead_source", "Lead source", "choice", choices=InUse(Person.lead_source)),
    _column("lead_value", "Lead value", "money"), _column("converted_at", "Became a customer", "date"),
    _text("name", "Name"), _text("email", "Email"), _text("username", "Username"), _text("phone", "Phone"),
    _column("country", "Country", "choice", choices=InUse(Person.country),
            clean=lambda word: word.strip().upper()),
    Field("assigned_to", "Assigned to", "choice", select(User.public_id).where(
        User.id == Person.assigned_to).correlate(Person).scalar_subquery(), read=_assignee, choices=Teammates()),
    _column("created_at", "Added", "date"),
    _column("staff", "Team member", "bool"),
    families={"custom.": _custom}, account=current_account)


def custom_fields() -> list[Field]:
    """The account's custom fields as fields of PERSON, for the builder."""
    keys = db.session.execute(select(CustomField.key, CustomField.label).order_by(CustomField.label))
    return [field for key, _ in keys if (field := _custom(key))]
