"""Labels a creator makes up."""
from zlib import crc32

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.conditions import fold
from app.spine.db import Owned, Public, Row, add_once, db
from app.spine.prepared import Prepared, one
from app.spine.privacy import tells

COLOURS = {"slate": "", "sky": "t1", "rust": "t2", "green": "t3", "violet": "t4", "ochre": "t5", "plum": "t6",
           "indigo": "t8"}                                    # name -> class of the dot, see static/css/parts.css


class Tag(Owned, Public, Row):
    """A label; names are unique whatever their case."""
    __tablename__ = "tags"
    PREFIX = "tag"
    name: Mapped[str]
    key: Mapped[str]                                          # the folded name
    colour: Mapped[str] = mapped_column(default="slate")
    also: Mapped[str] = mapped_column(default="|", server_default="|")     # keys it had before, `|old|older|`
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @classmethod
    def named(cls, name: str) -> "Tag":
        """The tag of this name, or that had it before; made when there is none. Raises ValueError for a bad name."""
        name = proper(name)
        held = cls.known(fold(name))
        made = None if held else add_once(cls, ("account_id", "key"), name=name, key=fold(name), colour=dye(fold(name)))
        return made or db.session.get(cls, held or NAMED(key=fold(name)).scalar())

    @classmethod
    def known(cls, key: str) -> int | None:
        """The id of the tag that is, or was once, called by this key."""
        return NAMED(key=key).scalar() or db.session.scalar(select(cls.id).where(cls.once((key,))).limit(1))

    @classmethod
    def meant(cls, name: str) -> "Tag | None":
        """The tag that is, or was once, called so; None when there is none."""
        held = cls.known(fold(" ".join(name.split())))
        return db.session.get(cls, held) if held else None

    @classmethod
    def once(cls, keys):
        """A criterion: it had one of these keys before."""
        return or_(false(), *(cls.also.contains(f"|{key}|", autoescape=True) for key in keys))

    @classmethod
    def called(cls, keys):
        """A criterion: the tags that these keys mean, old names included."""
        return or_(cls.key.in_(keys), cls.once(keys))

    @property
    def paint(self) -> str:
        """The class of its dot."""
        return COLOURS.get(self.colour, "")

    @property
    def keys(self) -> list[str]:
        """Every key it answers to."""
        return [self.key, *filter(None, self.also.split("|"))]

    def remember(self, *keys: str) -> None:
        """Answer to these keys, too: whatever asks for a tag by an old name goes on finding it."""
        known = dict.fromkeys([*self.keys[1:], *keys])
        known.pop(self.key, None)
        self.also = "".join(f"|{key}" for key in known) + "|"

    def rename(self, name: str) -> None:
        """Another name, everywhere at once; raises ValueError when a tag has it."""
        name, before = proper(name), self.key
        if db.session.scalar(select(Tag.id).where(Tag.key == fold(name), Tag.id != self.id)):
            raise ValueError(f"There is a tag called {name} already. Merge the two instead.")
        for other in db.session.scalars(select(Tag).where(Tag.once((fold(name),)), Tag.id != self.id)):
            other.also = other.also.replace(f"|{fold(name)}|", "|")
        self.name, self.key = name, fold(name)
        self.remember(before)

    def recolour(self, colour: str) -> None:
        if colour not in COLOURS:
            raise ValueError("Choose one of the colours.")
        self.colour = colour


def proper(name: str) -> str:
    """A name as it is kept; raises ValueError."""
    name = " ".join((name or "").split())
    if not name or len(name) > 60 or "|" in name:
        raise ValueError("A tag has 1 to 60 characters and no vertical bar.")
    return name


def dye(key: str) -> str:
    """The colour a new tag starts with: its name's own, so that tags differ from one another."""
    return list(COLOURS)[crc32(key.encode()) % len(COLOURS)]


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
