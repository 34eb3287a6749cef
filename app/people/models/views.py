"""Lists of people that somebody wants to find again."""
from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.conditions import fold
from app.spine.db import Json, Owned, Public, Row, db

MOST = 50


class SavedView(Owned, Public, Row):
    """The query of a list's address under a name; the whole team sees it."""
    __tablename__ = "saved_views"
    PREFIX = "view"
    name: Mapped[str]
    key: Mapped[str]
    args: Mapped[dict] = mapped_column(Json, default=dict)
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @classmethod
    def keep(cls, name: str, args: dict, user) -> "SavedView":
        """Save a list under a name, in place of another of that name; raises ValueError."""
        name = " ".join((name or "").split())
        if not 0 < len(name) <= 60:
            raise ValueError("A view has a name of 1 to 60 characters.")
        view = db.session.scalar(select(cls).where(cls.key == fold(name)))
        if view is None:
            if len(cls.all()) >= MOST:
                raise ValueError(f"There are {MOST} saved views. Delete one you no longer use.")
            view = cls(key=fold(name), created_by=user.id if user else None)
            db.session.add(view)
        view.name, view.args = name, args
        return view

    @classmethod
    def all(cls) -> list["SavedView"]:
        """Every saved view of the account, by name."""
        return list(db.session.scalars(select(cls).order_by(cls.key)))
