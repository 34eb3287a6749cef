"""A tag that was deleted, or became part of another, with what it takes to bring it back."""
from datetime import timedelta

from sqlalchemy import BigInteger, ForeignKey, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.people import Person, Tag, Tagging
from app.spine.db import Json, Owned, Public, Row, db
from app.spine.keeping import keeps

KEPT, STRIDE = 30, 5000


class TagRemoval(Owned, Public, Row):
    """`tag` is the row that went, `people` who had it, `shared` those of them who had the other tag as well."""
    __tablename__ = "tag_removals"
    PREFIX = "tgr"
    tag: Mapped[dict] = mapped_column(Json, default=dict)
    people: Mapped[list] = mapped_column(Json, default=list)
    shared: Mapped[list] = mapped_column(Json, default=list)
    into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("tags.id", ondelete="SET NULL"))

    @classmethod
    def of(cls, tag: Tag, into: Tag | None = None) -> "TagRemoval":
        """Delete a tag, or make it part of another; raises ValueError for itself."""
        if into is not None and into.id == tag.id:
            raise ValueError("Choose another tag to merge it with.")
        had = wearers(tag.id)
        both = sorted(set(had) & set(wearers(into.id))) if into is not None else []
        removal = cls(tag={name: getattr(tag, name) for name in ("public_id", "name", "key", "colour", "also")},
                      people=had, shared=both, into_id=into.id if into is not None else None)
        db.session.add(removal)
        if into is not None:
            db.session.flush()
            held = select(Tagging.person_id).where(Tagging.tag_id == into.id)
            db.session.execute(update(Tagging).where(Tagging.tag_id == tag.id, Tagging.person_id.not_in(held)).values(
                tag_id=into.id).execution_options(synchronize_session=False))
        db.session.execute(delete(Tagging).where(Tagging.tag_id == tag.id).execution_options(
            synchronize_session=False))
        db.session.delete(tag)
        db.session.flush()
        if into is not None:
            into.remember(*tag.keys)
        db.session.flush()
        return removal

    def undo(self) -> Tag:
        """Bring the tag back to everybody who had it and is still here; raises ValueError when it is too late."""
        if self.created_at < now() - timedelta(days=KEPT):
            raise ValueError("This was too long ago to be undone.")
        if db.session.scalar(select(Tag.id).where(Tag.key == self.tag["key"])):
            raise ValueError(f"There is a new tag called {self.tag['name']}. Rename it first.")
        into = db.session.get(Tag, self.into_id) if self.into_id else None
        if into is not None:
            for key in (self.tag["key"], *filter(None, self.tag["also"].split("|"))):
                into.also = into.also.replace(f"|{key}|", "|")
        tag = Tag(**self.tag)
        db.session.add(tag)
        db.session.flush()
        self._put_back(tag, into)
        db.session.delete(self)
        db.session.flush()
        return tag

    def _put_back(self, tag: Tag, into: Tag | None) -> None:
        shared = set(self.shared)
        for start in range(0, len(self.people), STRIDE):
            some = self.people[start:start + STRIDE]
            here = db.session.scalars(select(Person.id).where(Person.id.in_(some), Person.erased_at.is_(None))).all()
            alone = [one for one in here if one not in shared]
            if into is not None:
                db.session.execute(delete(Tagging).where(Tagging.tag_id == into.id, Tagging.person_id.in_(
                    alone)).execution_options(synchronize_session=False))
            if here:
                db.session.execute(insert(Tagging), [{"account_id": self.account_id, "tag_id": tag.id, "source": "app",
                                                      "person_id": one} for one in here])


keeps("Deleted tags", TagRemoval, "created_at", KEPT)


def wearers(tag_id: int) -> list[int]:
    """Ids of everybody who has a tag."""
    return list(db.session.scalars(select(Tagging.person_id).where(Tagging.tag_id == tag_id).order_by(
        Tagging.person_id)))


def worn() -> dict[int, int]:
    """Tag id -> how many people who are still themselves have it."""
    return dict(db.session.execute(select(Tagging.tag_id, func.count()).join(
        Person, Person.id == Tagging.person_id).where(Person.present()).group_by(Tagging.tag_id)).tuples().all())
