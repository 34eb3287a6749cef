"""A task: one thing to do about one person."""
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts import User, current_account
from app.kit.clock import now
from app.people import Person
from app.spine.db import Owned, Public, Row, Utc, db
from app.spine.events import record
from app.spine.keeping import keeps
from app.spine.privacy import tells

LONGEST, KEPT = 200, 30


class BadTask(ValueError):
    """`field` names what is wrong."""

    def __init__(self, field: str, words: str):
        super().__init__(words)
        self.field = field


@tells(erase="delete")
class Task(Owned, Public, Row):
    """`due` is a day of the account; `origin` is hand, api or the public id of the playbook that opened it."""
    __tablename__ = "tasks"
    PREFIX = "tsk"
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    title: Mapped[str]
    due: Mapped[date | None]
    assignee_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    created_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    origin: Mapped[str] = mapped_column(default="hand")
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    done_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    removed_at: Mapped[datetime | None] = mapped_column(Utc)      # deleted, until the nightly broom lets it go
    person: Mapped[Person] = relationship()
    assignee: Mapped[User | None] = relationship(foreign_keys=assignee_id)
    finisher: Mapped[User | None] = relationship(foreign_keys=done_by)
    __table_args__ = (Index("ix_tasks_person", "account_id", "person_id", "done_at"),
                      Index("ix_tasks_assignee", "account_id", "assignee_id", "done_at", "due"),
                      Index("ix_tasks_due", "account_id", "done_at", "due", "id"))

    @classmethod
    def present(cls):
        """A select of tasks that are not deleted, of people who are still themselves."""
        return select(cls).join(Person, Person.id == cls.person_id).where(cls.removed_at.is_(None), Person.present())

    @property
    def overdue(self) -> bool:
        return self.done_at is None and self.due is not None and self.due < today()

    def change(self, title: str, due=None, assignee: User | None = None) -> None:
        """Other words, another day, somebody else; raises BadTask."""
        title = " ".join((title or "").split())
        if not 0 < len(title) <= LONGEST:
            raise BadTask("title", f"Say what to do, in at most {LONGEST} characters.")
        if assignee is not None and assignee.seat_at(current_account().id) is None:
            raise BadTask("assignee", "Only somebody with a seat on your team can do it.")
        self.title, self.due, self.assignee_id = title, day(due), assignee.id if assignee else None

    def finish(self, by: User | None = None) -> bool:
        """It is done; False when it was."""
        if self.done_at is not None:
            return False
        self.done_at, self.done_by = now(), by.id if by else None
        record("task.done", self.person_id, task=self.public_id, title=self.title, by=by.label if by else None)
        return True

    def reopen(self) -> None:
        self.done_at = self.done_by = None

    def remove(self) -> None:
        """Take it away; for some weeks it can be brought back."""
        self.removed_at = self.removed_at or now()

    def bring_back(self) -> None:
        self.removed_at = None


keeps("Deleted tasks", Task, "removed_at", KEPT)


def open_task(person: Person, title: str, due=None, assignee: User | None = None, by: User | None = None,
              origin: str = "hand") -> Task:
    """Something to do about a person; raises BadTask."""
    task = Task(person_id=person.id, title="", origin=origin, created_by=by.id if by else None)
    task.change(title, due, assignee)
    db.session.add(task)
    db.session.flush()
    record("task.created", person, task=task.public_id, title=task.title, due=task.due and task.due.isoformat(),
           assignee=assignee.label if assignee else None)
    return task


def today() -> date:
    """Today where the account is."""
    return now().astimezone(current_account().zone).date()


def day(typed) -> date | None:
    """A day as it is typed or sent; raises BadTask."""
    if typed in (None, "") or isinstance(typed, date):
        return typed or None
    try:
        return date.fromisoformat(str(typed))
    except ValueError:
        raise BadTask("due", "Give the day as 2026-11-21, or leave it out.") from None
