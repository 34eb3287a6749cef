"""Who may be written to: what people agreed to, and addresses that must not be used."""
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.kit.crypto import digest
from app.spine.db import BigId, Json, Owned, Row, Utc, current_account_id, db, insert_once
from app.spine.privacy import tells

SCOPES = ("all", "marketing", "lifecycle", "promo")
WIDER = {"transactional": ("all",), "lifecycle": ("all", "marketing", "lifecycle"),
         "promo": ("all", "marketing", "promo")}
PURPOSES = ("marketing", "lifecycle", "promo")


class Suppression(Owned, Row):
    """An address not to be used: scope `all` (bounces, erasure), `marketing`, or one category. Kept as a keyed hash."""
    __tablename__ = "suppressions"
    address_hash: Mapped[str]
    channel: Mapped[str]
    scope: Mapped[str]
    cause: Mapped[str]                                  # unsubscribe bounce complaint erasure hand
    at: Mapped[datetime] = mapped_column(Utc, default=now)
    __table_args__ = (UniqueConstraint("account_id", "address_hash", "channel", "scope"),)

    @classmethod
    def of(cls, address: str, channel: str, category: str) -> "Suppression | None":
        """What stops this category at this address, the widest first."""
        scopes = WIDER[category]
        found = db.session.scalars(select(cls).where(
            cls.address_hash == hashed(address), cls.channel == channel, cls.scope.in_(scopes))).all()
        return min(found, key=lambda row: scopes.index(row.scope), default=None)


@tells(blank=("evidence",))
class Consent(Owned, Row):
    """What somebody said about a purpose, in which words, how and when. Rows are added, never changed."""
    __tablename__ = "consents"
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    purpose: Mapped[str]                                # marketing, lifecycle, promo
    state: Mapped[str]                                  # granted, withdrawn
    wording: Mapped[str] = mapped_column(default="")
    method: Mapped[str] = mapped_column(default="")     # form, import, unsubscribe, resubscribe, hand
    at: Mapped[datetime] = mapped_column(Utc, default=now)
    evidence: Mapped[dict] = mapped_column(Json, default=dict)
    __table_args__ = (Index("ix_consents_person", "account_id", "person_id", "at"),)

    @classmethod
    def latest(cls, person, category: str) -> str | None:
        """granted or withdrawn, whichever was said last about this category or all marketing; None: nothing was."""
        return db.session.scalar(select(cls.state).where(
            cls.person_id == person.id, cls.purpose.in_(("marketing", category))).order_by(
                cls.at.desc(), cls.id.desc()).limit(1))


def hashed(address: str) -> str:
    """The keyed fingerprint of an address, bound to the account."""
    return digest(address.strip().lower(), f"suppression {current_account_id()}")


def suppress(address: str, channel: str, scope: str = "all", cause: str = "hand") -> bool:
    """Never again use this address of a channel for a scope. False when that was so before."""
    if scope not in SCOPES:
        raise ValueError(f"no scope called {scope!r}")
    return insert_once(Suppression, ("account_id", "address_hash", "channel", "scope"), address_hash=hashed(address),
                       channel=channel, scope=scope, cause=cause, at=now()) is not None


def unsuppress(address: str, channel: str, scope: str) -> None:
    """Take back what an unsubscribe did; bounces and complaints stay."""
    db.session.execute(delete(Suppression).where(
        Suppression.address_hash == hashed(address), Suppression.channel == channel, Suppression.scope == scope,
        Suppression.cause.in_(("unsubscribe", "hand"))).execution_options(synchronize_session=False))


def consent(person, purpose: str, state: str, *, wording: str = "", method: str = "hand", at=None,
            **evidence) -> Consent:
    """Write down that a person granted or withdrew consent for a purpose."""
    if purpose not in PURPOSES or state not in ("granted", "withdrawn"):
        raise ValueError(f"consent is granted or withdrawn for one of {', '.join(PURPOSES)}")
    row = Consent(person_id=person.id, purpose=purpose, state=state, wording=wording, method=method, at=at or now(),
                  evidence=evidence)
    db.session.add(row)
    return row
