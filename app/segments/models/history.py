"""Who is in a watched segment, who came and went, and how large every segment was at the end of a day."""
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.people import Person
from app.spine.db import Owned, Row, Utc
from app.spine.privacy import tells


@tells(erase="delete")
class SegmentMember(Owned, Row):
    """Somebody in a watched segment, as of its last look."""
    __tablename__ = "segment_members"
    segment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("segments.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("account_id", "segment_id", "person_id"),
                      Index("ix_segment_members_person", "account_id", "person_id"))


@tells(erase="delete")
class SegmentMove(Owned, Row):
    """Somebody entered or left; `why` in words."""
    __tablename__ = "segment_moves"
    segment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("segments.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Utc)
    entered: Mapped[bool]
    why: Mapped[str] = mapped_column(default="")
    person: Mapped[Person] = relationship()
    __table_args__ = (Index("ix_segment_moves_at", "account_id", "segment_id", "at", "id"),
                      Index("ix_segment_moves_person", "account_id", "person_id", "at"))


class SegmentSize(Owned, Row):
    """How many were in a segment on a day of the account."""
    __tablename__ = "segment_sizes"
    segment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("segments.id", ondelete="CASCADE"))
    day: Mapped[date]
    people: Mapped[int]
    __table_args__ = (UniqueConstraint("account_id", "segment_id", "day"),)
