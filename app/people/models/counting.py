"""How many people a question finds, and a few of them: from the index alone wherever it holds all that is asked."""
from sqlalchemy import case, func, select
from sqlalchemy.sql.visitors import iterate

from app.spine.db import db

from .person import ASKED, Person

SOON_MET = 1000
PRESENT = {"merged_into_id", "erased_at"}
HELD = {"ix_people_stage": {"stage", "joined_at", *PRESENT}, "ix_people_asked": {*ASKED, *PRESENT},
        "people_words_scan": {"search_text", "stage", *PRESENT}}         # the narrowest first


def counted(people) -> int:
    """How many rows a select of people has."""
    return db.session.scalar(_by_index(people).with_only_columns(func.count()).order_by(None))


def tally(conditions) -> list[int]:
    """How many each of these criteria finds, in one pass over everybody."""
    if not conditions:
        return []
    everyone = _by_index(Person.everyone(), *_columns(*conditions))
    return list(db.session.execute(everyone.with_only_columns(
        *(func.count(case((one, 1))) for one in conditions))).one())


def by_stage(people) -> dict[str, int]:
    """The same, for each stage that somebody is in."""
    return dict(db.session.execute(_by_index(people, "stage").with_only_columns(Person.stage, func.count())
                                   .order_by(None).group_by(Person.stage)).tuples().all())


def few(people, most: int, total: int) -> list[Person]:
    """Some of them, the ones seen last first. Of a large `total` they are soon met by walking in that order."""
    order = Person.last_active_at.desc().nulls_last(), Person.id.desc()
    walk = people if total > SOON_MET else _by_index(people, "last_active_at")
    ids = db.session.scalars(walk.with_only_columns(Person.id).order_by(*order).limit(most)).all()
    return db.session.scalars(select(Person).where(Person.id.in_(ids)).order_by(*order)).all()


def _by_index(people, *read: str):
    """SQLite takes a narrow looking index and then reads every row; told to, it reads no row at all."""
    asked = {*read, *_columns(people.whereclause)}
    for name, held in HELD.items():
        if PRESENT <= asked <= held:
            return people.with_hint(Person, f"INDEXED BY {name}", "sqlite")
    return people


def _columns(*clauses) -> set[str]:
    """The names of the columns that these ask."""
    return {one.name for clause in clauses for one in iterate(clause) if getattr(one, "table", None) is not None}
