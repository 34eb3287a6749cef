"""What can be done to a person: the verbs of `Person`."""
from sqlalchemy import and_, delete, select
from sqlalchemy.orm import joinedload

from app.accounts import User, audited
from app.spine.conditions import fold
from app.spine.db import add_once, db, insert_once
from app.spine.events import record

from .indexes import holds
from .nearly import nearly
from .notes import Note, checked
from .tags import Tag, Tagging

SORTABLE = ("name", "email", "username", "phone", "joined_at", "last_active_at", "total_spent", "payments_count",
            "engagement_score", "risk_score", "canceled_at", "created_at", "updated_at", "plan_name",
            "membership_status", "lead_status", "lead_source", "country", "last_payment_at", "renews_at",
            "forum_posts", "forum_comments", "lessons_completed")


class Deeds:
    """Finding people, tags, notes; mixed into Person."""

    @classmethod
    def present(cls):
        """A criterion: not merged into somebody else and not erased."""
        return and_(cls.merged_into_id.is_(None), cls.erased_at.is_(None))

    @classmethod
    def everyone(cls):
        """All people who are still themselves."""
        return select(cls).where(cls.present())

    @classmethod
    def sortable(cls) -> dict:
        """Names a list may be sorted by, with their columns."""
        return {name: getattr(cls, name) for name in SORTABLE}

    @classmethod
    def search(cls, words: str):
        """People whose name, email, username or phone holds every word, or a part of it, whatever its case."""
        found = cls.everyone()
        for word in fold(words).split():
            found = found.where(holds(cls, word))
        return found

    @classmethod
    def near(cls, words: str, most: int = 7) -> list:
        """People who are written nearly like these words, for when nobody is written like them."""
        return nearly(cls, words, most)

    @classmethod
    def matching(cls, condition: dict, now=None):
        """Everyone the condition finds, as a select; raises BadCondition."""
        from app.people.questions import PERSON
        return cls.everyone().where(PERSON.where(condition, now=now))

    @property
    def tags(self) -> list[Tag]:
        """Their tags by name."""
        return list(db.session.scalars(select(Tag).join(Tagging, Tagging.tag_id == Tag.id)
                                       .where(Tagging.person_id == self.id).order_by(Tag.key)))

    def tag(self, name: str, source: str = "app", by: str | None = None) -> bool:
        """Put a tag on them; False when it was there. Raises ValueError for an impossible name."""
        tag = Tag.named(name)
        new = insert_once(Tagging, ("account_id", "tag_id", "person_id"), tag_id=tag.id, person_id=self.id,
                          source=source) is not None
        if new:
            record("person.tagged", self, tag=tag.name, by=by)
            audited(db.session, "update", "people", self.public_id, after={"tag": tag.name})
        return new

    def untag(self, name: str, by: str | None = None) -> bool:
        """Take a tag off; False when it was not there."""
        tag = Tag.meant(name)
        gone = tag is not None and db.session.execute(
            delete(Tagging).where(Tagging.tag_id == tag.id, Tagging.person_id == self.id)).rowcount > 0
        if gone:
            record("person.untagged", self, tag=tag.name, by=by)
            audited(db.session, "update", "people", self.public_id, before={"tag": tag.name})
        return gone

    def note(self, body: str, author=None) -> Note:
        """Write a note about them; `author` is a User. Raises ValueError when it is empty."""
        if author:                       # what somebody writes goes by the audit trail
            note = Note(person_id=self.id, body=checked(body), author_id=author.id)
            db.session.add(note)
            db.session.flush()
        else:
            note = add_once(Note, (), person_id=self.id, body=checked(body))
        record("note.added", self, note=note.public_id)
        return note

    @property
    def written(self) -> list[Note]:
        """Every note, deleted ones too: pinned ones first, then the latest."""
        return list(db.session.scalars(select(Note).options(joinedload(Note.author)).where(
            Note.person_id == self.id).order_by(Note.pinned.desc(), Note.created_at.desc(), Note.id.desc())))

    @property
    def notes(self) -> list[Note]:
        return [note for note in self.written if note.removed_at is None]

    def assign(self, user=None) -> bool:
        """Make a teammate look after them, or nobody; False when that was so. Raises ValueError for a stranger."""
        before = db.session.get(User, self.assigned_to) if self.assigned_to else None
        if user is not None and user.seat_at(self.account_id) is None:
            raise ValueError("Only somebody with a seat on your team can look after people.")
        if (user and user.id) == self.assigned_to:
            return False
        self.assigned_to = user.id if user else None
        if user is not None:
            record("person.assigned", self, to=user.label, user=user.public_id)
        else:
            record("person.unassigned", self, previous=before.label if before else None)
        return True

    def move_lead(self, status: str | None, at=None) -> bool:
        """Another lead status; False when it was that."""
        if status == self.lead_status:
            return False
        before, self.lead_status = self.lead_status, status
        record("lead.status_changed", self, at=at, status=status or "not set", previous=before)
        return True
