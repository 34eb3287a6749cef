"""A person: who they are, and current copies of what lists and segments ask most."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, and_, column, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.clock import now
from app.spine.conditions import fold, readings
from app.spine.db import Json, Owned, Public, Row, Utc

from .deeds import Deeds
from .identity import Identity
from .worth import Worth, worth

STAGES = ("lead", "member", "former")
LEAD_STATUSES = ("new", "contacted", "engaged", "qualified", "nurturing", "checkout", "abandoned", "won", "lost")
FOUND_BY = ("name", "email", "username", "phone")
ADDRESS = {"street": "Street and number", "city": "City", "region": "State or region", "postcode": "Postcode"}
FORMED = (*FOUND_BY, "address", "cart_value", "engagement_score", "lead_status")
ASKED = ("stage", "membership_status", "joined_at", "last_active_at", "total_spent", "lessons_completed",
         "engagement_score", "plan_id", "canceled_at", "last_payment_at", "risk_score", "payments_count", "tagged")


def present_only(name: str, *columns: str) -> Index:
    """An index of those who are neither merged nor erased, from which a count needs no row: it holds all it asks."""
    still = and_(column("merged_into_id").is_(None), column("erased_at").is_(None))
    return Index(name, "account_id", *columns, "id", "merged_into_id", "erased_at",
                 sqlite_where=still, postgresql_where=still)


class Person(Deeds, Owned, Public, Row):
    """Somebody a creator knows. The copies from `membership_status` to `risk_method` are written only by the
    domain that owns the truth. `plan_id` and `product_id` are the ids the source gave (`Plan.external_id`)."""
    __tablename__ = "people"
    PREFIX = "per"
    email: Mapped[str | None]                                 # lower case
    name: Mapped[str | None]
    username: Mapped[str | None]
    phone: Mapped[str | None]                                 # digits, with a leading + where known
    country: Mapped[str | None]                               # two capitals
    timezone: Mapped[str | None]
    locale: Mapped[str | None]
    stage: Mapped[str] = mapped_column(default="lead")
    lead_status: Mapped[str | None]
    lead_source: Mapped[str | None]
    address: Mapped[dict] = mapped_column(Json, default=dict, server_default="{}")    # street, city, region, postcode
    cart_value: Mapped[int | None] = mapped_column(BigInteger)           # what they last put into a cart, minor units
    lead_value: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")    # follows, see `worth`
    converted_at: Mapped[datetime | None] = mapped_column(Utc)
    conversion: Mapped[dict] = mapped_column(Json, default=dict, server_default="{}")    # the first payment
    membership_status: Mapped[str | None]
    plan_id: Mapped[str | None]
    product_id: Mapped[str | None]
    plan_name: Mapped[str | None]
    joined_at: Mapped[datetime | None] = mapped_column(Utc)
    canceled_at: Mapped[datetime | None] = mapped_column(Utc)
    cancel_reason: Mapped[str | None]
    renews_at: Mapped[datetime | None] = mapped_column(Utc)
    first_payment_at: Mapped[datetime | None] = mapped_column(Utc)
    last_payment_at: Mapped[datetime | None] = mapped_column(Utc)
    last_active_at: Mapped[datetime | None] = mapped_column(Utc)
    total_spent: Mapped[int] = mapped_column(BigInteger, default=0)      # minor units, the account's currency
    payments_count: Mapped[int] = mapped_column(default=0)
    forum_posts: Mapped[int] = mapped_column(default=0)
    forum_comments: Mapped[int] = mapped_column(default=0)
    lessons_completed: Mapped[int] = mapped_column(default=0)
    chat_messages: Mapped[int] = mapped_column(default=0, server_default="0")
    engagement_score: Mapped[int | None]
    risk_score: Mapped[int | None]
    risk_level: Mapped[str | None]                            # MINIMAL LOW MODERATE HIGH CRITICAL
    risk_method: Mapped[str | None]
    custom: Mapped[dict] = mapped_column(Json, default=dict)
    assigned_to: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    staff: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="SET NULL"))
    erased_at: Mapped[datetime | None] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc, default=now, onupdate=now)
    search_text: Mapped[str] = mapped_column(default="")      # folded, written with the row
    folded: Mapped[dict] = mapped_column(Json, default=dict)  # see `readings`
    told: Mapped[dict] = mapped_column(Json, default=dict)    # field -> when a source last said so, seconds
    counted: Mapped[dict] = mapped_column(Json, default=dict)  # totals a source gave, and `at`, see `recount`
    tagged: Mapped[str] = mapped_column(default=",", server_default=",")     # SQLite keeps and asks it, see indexes
    identities: Mapped[list[Identity]] = relationship(back_populates="person", passive_deletes=True)
    __table_args__ = (
        present_only("ix_people_stage", "stage", "joined_at"),
        present_only("ix_people_asked", *ASKED),
        Index("ix_people_created", "account_id", "created_at", "id"),
        Index("ix_people_name", "account_id", "name", "id"),
        Index("ix_people_plan", "account_id", "plan_id", "plan_name", "id"),
        Index("ix_people_joined", "account_id", "joined_at", "id"),
        Index("ix_people_email", "account_id", "email"),
        Index("ix_people_active", "account_id", "last_active_at", "id"),
        Index("ix_people_spent", "account_id", "total_spent", "id"),
    )

    @property
    def label(self) -> str:
        """What to call them on a page."""
        return self.name or self.username or self.email or self.phone or "Somebody without a name"

    @property
    def address_line(self) -> str:
        """Their address in one line."""
        return ", ".join(filter(None, map((self.address or {}).get, ADDRESS)))

    @property
    def first_name(self) -> str | None:
        """The first word of their name, the given one where it is written 'Family, Given'."""
        given = (self.name or "").rpartition(",")[2].split()
        return given[0] if given else None

    @property
    def worth(self) -> Worth:
        """What they are worth as a lead, and how that is made up."""
        return worth({key: getattr(self, key) for key in FORMED})

    def rewrite_forms(self) -> None:
        """Bring the columns that follow from others up to date."""
        values = {key: getattr(self, key) for key in ("custom", *FORMED)}
        for key, value in written_forms(values).items():
            if getattr(self, key) != value:
                setattr(self, key, value)


def written_forms(values: dict) -> dict:
    """The columns that follow from others: `search_text`, `folded` and `lead_value`, from a mapping of values."""
    custom = values.get("custom") or {}
    texts = {key: values.get(key) for key in FOUND_BY}
    return {"search_text": " ".join(fold(text) for text in texts.values() if text), "lead_value": worth(values).total,
            "folded": readings({**{f"custom.{key}": value for key, value in custom.items()}, **texts})}


@event.listens_for(Person, "before_insert")
@event.listens_for(Person, "before_update")
def _write_forms(mapper, connection, person):
    person.rewrite_forms()
