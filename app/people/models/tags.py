"""Labels a creator makes up."""
from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.conditions import fold
from app.spine.db import Owned, Public, Row, add_once, db
from app.spine.prepared import Prepared, one
from app.spine.privacy import tells

COLOURS = ("slate", "sky", "green", "violet", "ochre", "rust", "plum", "indigo")


class Tag(Owned, Public, Row):
    """A label; names are unique whatever their case."""
    __tablename__ = "tags"
    PREFIX = "tag"
    name: Mapped[str]
    key: Mapped[str]                                          # the folded name
    colour: Mapped[str] = mapped_column(default="slate")
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @classmethod
    def named(cls, name: str) -> "Tag":
        """The tag of this name, made when there is none; raises ValueError for no name or a long one."""
        name = " ".join(name.split())
        if not name or len(name) > 60 or "|" in name:
            raise ValueError("A tag has 1 to 60 characters and no vertical bar.")
        key = fold(name)
        held = NAMED(key=key).scalar()
        made = None if held else add_once(cls, ("account_id", "key"), name=name, key=key)
        return made or db.session.get(cls, held or NAMED(key=key).scalar())


NAMED = Prepared(lambda: select(Tag.id).where(Tag.key == one("key")))


@tells(erase="delete")
class Tagging(Owned, Row):
    """A tag on a person."""
    __tablename__ = "taggings"
    tag_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tags.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(default="app")
    __table_args__ = (UniqueConstraint("account_id", "tag_id", "person_id"),
                      Index("ix_taggings_person", "account_id", "person_id", "tag_id"))
