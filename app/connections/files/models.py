"""What is kept of a file on its way in: how it is read, how far it is, what it did; and of each file that went out."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts import User
from app.kit.clock import now
from app.kit.tables import Table
from app.spine.db import Json, Owned, Public, Row, Utc, db
from app.spine.privacy import tells

MAPPING, CHECKING, CHECKED, RUNNING = "mapping", "checking", "checked", "running"
DONE, CANCELED, FAILED, REVERSING, REVERSED = "done", "canceled", "failed", "reversing", "reversed"
AT_WORK = (CHECKING, RUNNING, REVERSING)
OPEN = (MAPPING, CHECKING, CHECKED, RUNNING)
UNDO_DAYS = 30
OUTCOMES = ("created", "updated", "unchanged", "skipped")


class Import(Owned, Public, Row):
    """One file. Where its next chunk begins is written in the transaction of the chunk before it."""
    __tablename__ = "imports"
    PREFIX = "imp"
    kind: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    rows: Mapped[int] = mapped_column(default=0)                   # in the file, once it was checked
    state: Mapped[str] = mapped_column(default=MAPPING)
    table: Mapped[dict] = mapped_column(Json, default=dict)        # kit.tables.Table
    foreign: Mapped[str | None]                                    # whose export it was recognised as
    mapping: Mapped[dict] = mapped_column(Json, default=dict)      # column -> where it goes
    dates: Mapped[str] = mapped_column(default="dmy")
    origin: Mapped[str] = mapped_column(default="")                # where these people come from, as declared
    consent: Mapped[str] = mapped_column(default="")               # granted, withdrawn, or nothing is known
    counts: Mapped[dict] = mapped_column(Json, default=dict)
    checked: Mapped[dict] = mapped_column(Json, default=dict)      # the counts a dry run came to
    reasons: Mapped[list] = mapped_column(Json, default=list)      # the first rows that stay out, or stay in
    at: Mapped[int] = mapped_column(BigInteger, default=0)         # the byte (or part) where the next chunk begins
    row: Mapped[int] = mapped_column(default=1)                    # and the row before it
    error: Mapped[str | None]
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    began_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    by: Mapped[User | None] = relationship()
    __table_args__ = (Index("ix_imports_account", "account_id", "id"),)

    @property
    def shape(self) -> Table:
        return Table(**self.table)

    @property
    def done(self) -> int:
        """Rows looked at so far."""
        return sum(self.counts.get(name, 0) for name in OUTCOMES)

    @property
    def reversible(self) -> bool:
        """Whether what it did is still known, and was anything."""
        there = select(ImportedRow.id).where(ImportedRow.import_id == self.id, ImportedRow.kept.is_(None)).limit(1)
        return self.state in (DONE, CANCELED) and db.session.scalar(there) is not None

    @property
    def remaining(self) -> list[dict]:
        """What could not be undone, and why."""
        from .imports.undoing import remaining
        return [{"table": table, "reason": why, "count": number} for table, why, number in remaining(self)]

    def move(self, state: str) -> None:
        """Into another state; the moments of beginning and end follow."""
        self.state = state
        if state in (CHECKING, RUNNING):
            self.counts, self.reasons, self.error, self.at, self.row = {}, [], None, 0, 1
        if state == RUNNING:
            self.began_at = now()
        if state not in OPEN and state != REVERSING:
            self.ended_at = now()


class Piece(Owned, Row):
    """A megabyte of a file, packed: `file` as it was uploaded, `refused` the rows that stayed out."""
    __tablename__ = "import_pieces"
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("imports.id", ondelete="CASCADE"))
    name: Mapped[str]
    number: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (UniqueConstraint("account_id", "import_id", "name", "number"),)


@tells(erase="delete")
class ImportedRow(Owned, Row):
    """A row that an import made or changed; a changed one with what stood `before` and `after`, column by column."""
    __tablename__ = "imported_rows"
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("imports.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    about: Mapped[str]                                             # the table
    row_id: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str]                                           # made, changed
    before: Mapped[dict] = mapped_column(Json, default=dict)
    after: Mapped[dict] = mapped_column(Json, default=dict)
    kept: Mapped[str | None]                                       # why it could not be undone
    __table_args__ = (Index("ix_imported_rows_import", "account_id", "import_id", "about", "id"),
                      Index("ix_imported_rows_person", "account_id", "person_id"))


class Export(Owned, Public, Row):
    """A file that left the house: what it was asked for, its columns, how many rows, by whom."""
    __tablename__ = "exports"
    PREFIX = "exp"
    kind: Mapped[str]                                              # people, payments
    format: Mapped[str] = mapped_column(default="csv")             # csv, xlsx
    file_name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    asked: Mapped[dict] = mapped_column(Json, default=dict)        # the filter, as an address has it
    columns: Mapped[list] = mapped_column(Json, default=list)
    rows: Mapped[int] = mapped_column(default=0)
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    taken_at: Mapped[datetime | None] = mapped_column(Utc)         # last downloaded
    by: Mapped[User | None] = relationship()
    __table_args__ = (Index("ix_exports_account", "account_id", "id"),)
