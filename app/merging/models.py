"""What a merge moved and changed, row by row, so that it can be undone exactly."""
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.accounts import User
from app.kit.clock import now
from app.people import Person
from app.spine.db import Json, Owned, Public, Row, Utc, db
from app.spine.keeping import keeps
from app.spine.privacy import tells

KEPT = timedelta(days=30)


@tells(erase="delete")
class Merge(Owned, Public, Row):
    """`moved` is "table.column" -> ids of rows that went over; `remembered` table -> id -> columns before;
    `before` and `after` are the columns of both people. All of it is let go when it is undone or too old."""
    __tablename__ = "merges"
    PREFIX = "mge"
    kept_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    gone_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    moved: Mapped[dict] = mapped_column(Json, default=dict)
    remembered: Mapped[dict] = mapped_column(Json, default=dict)
    before: Mapped[dict] = mapped_column(Json, default=dict)
    after: Mapped[dict] = mapped_column(Json, default=dict)
    undone_at: Mapped[datetime | None] = mapped_column(Utc)
    kept: Mapped[Person] = relationship(foreign_keys=kept_id)
    gone: Mapped[Person] = relationship(foreign_keys=gone_id)
    by: Mapped[User | None] = relationship()
    __table_args__ = (Index("ix_merges_kept", "account_id", "kept_id"),
                      Index("ix_merges_gone", "account_id", "gone_id"))

    @classmethod
    def of(cls, event) -> "Merge":
        """The merge that an event tells of."""
        return cls.find(event.data["merge"])

    @classmethod
    def lasting(cls, person: Person) -> list["Merge"]:
        """The merges into somebody that can still be undone, the latest first."""
        return list(db.session.scalars(select(cls).options(joinedload(cls.gone), joinedload(cls.by)).where(
            cls.kept_id == person.id, cls.undone_at.is_(None), cls.created_at > now() - KEPT).order_by(
                cls.created_at.desc(), cls.id.desc())))

    @property
    def until(self) -> datetime:
        """When it can no longer be undone."""
        return self.created_at + KEPT

    @property
    def rows(self) -> int:
        """How many rows went over."""
        return sum(map(len, self.moved.values()))

    def remember(self, row, *columns: str) -> None:
        """Keep what these columns of a row say, before a merge changes them."""
        table = dict(self.remembered.get(row.__tablename__, {}))
        table.setdefault(str(row.id), {name: plain(getattr(row, name)) for name in columns})
        self.remembered = {**self.remembered, row.__tablename__: table}


keeps("What it takes to undo a merge", Merge, "created_at", KEPT.days)


def plain(value):
    """A column as JSON."""
    return {"t": value.isoformat()} if isinstance(value, datetime) else value


def full(value):
    """The same, read again."""
    return datetime.fromisoformat(value["t"]) if isinstance(value, dict) and value.keys() == {"t"} else value
