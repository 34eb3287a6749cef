"""Taking an import back: what it changed goes back, what it made goes away, unless somebody built on it since.

A domain says for each table that its imports touch how its rows go, in a module that its `listens.py` imports:

    reverses(Payment, 30, stays=lambda ids, one: {7: "it has a refund since"}, after=recompute)
"""
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import DateTime, delete, func, inspect, or_, select, update

from app.spine.db import Utc, db
from app.spine.prepared import rows_of
from app.spine.uprooting import keyless, uproot

from ..models import REVERSED, REVERSING, Import, ImportedRow
from .noting import snapshot
from .pieces import forget
from .taking import AFTER, BEFORE, SHOWN, reach

BATCH, SLICE = 500, 15
BACK, CHANGED_SINCE = "", "changed since"
REVERSALS: dict[str, "Reversal"] = {}


@dataclass(frozen=True)
class Reversal:
    """How rows of one table go. `stays(ids, one)` gives the reasons of those that do not; `after(rows, one)` brings in
    line what follows from them, given the imported rows that went."""
    model: type
    order: int
    stays: Callable = lambda ids, one: {}
    after: Callable = lambda rows, one: None


def reverses(model, order: int, **how) -> None:
    """Name how rows that imports made in this table are taken back; lower orders go first, changes before all."""
    REVERSALS[model.__tablename__] = Reversal(model, order, **how)


def undo(one: Import, seconds: float = SLICE) -> bool:
    """Go on undoing, for so long; True while there is more. Commits batch by batch."""
    end = time.monotonic() + seconds
    while one.state == REVERSING:
        if db.session.scalar(changed(one).with_only_columns(ImportedRow.id).limit(1)) is None:
            db.session.commit()
            keyless()
        done = batch(one)
        reach(BEFORE)
        db.session.commit()
        reach(AFTER)
        if not done:
            return False
        if time.monotonic() > end:
            return True
    return False


def batch(one: Import) -> int:
    """Some rows of the table whose turn it is; 0 when all is done."""
    left = waiting_rows(one)
    found = db.session.scalars(changed(one).order_by(
        ImportedRow.about, ImportedRow.row_id, ImportedRow.id.desc()).limit(BATCH)).all()
    if found:
        rows = [row for row in found if row.about == found[0].about]
        put_back(REVERSALS[rows[0].about], rows, one)
        return len(rows)
    there = set(db.session.scalars(select(ImportedRow.about).where(
        ImportedRow.import_id == one.id, ImportedRow.kept.is_(None)).distinct()))
    if not there:
        finish(one)
        return 0
    about = min(there, key=lambda name: (REVERSALS[name].order, name))
    rows = db.session.scalars(left.where(ImportedRow.about == about).order_by(ImportedRow.id).limit(BATCH)).all()
    take_away(REVERSALS[about], rows, one)
    return len(rows)


def waiting_rows(one: Import):
    return select(ImportedRow).where(ImportedRow.import_id == one.id, ImportedRow.kept.is_(None))


def changed(one: Import):
    """What is still to be put back, before anything is taken away."""
    return waiting_rows(one).where(ImportedRow.outcome == "changed")


def put_back(how: Reversal, rows: list[ImportedRow], one: Import) -> None:
    """Values as they were; each that is no longer what the import made of it stays as it is. Latest change first."""
    held = snapshot(how.model, {row.row_id for row in rows})
    there = {row.id: row for row in rows_of(how.model, list(held))}
    gone, kept = [], []
    for row in rows:
        values = held.get(row.row_id, {})
        same = [name for name in row.after if values.get(name) == row.after[name]]
        for name in same:
            put(there[row.row_id], name, row.before[name])
            values[name] = row.before[name]
        (gone if row.row_id not in held or len(same) == len(row.after) else kept).append(row)
    db.session.flush()
    stay({row.id: f"{', '.join(told(row, held))}: {CHANGED_SINCE}" for row in kept})
    stay({row.id: BACK for row in gone})


def told(row: ImportedRow, held: dict) -> list[str]:
    """The names of what stays, in words; `put_back` has brought the others in line with `before`."""
    values = held[row.row_id]
    return [name.removeprefix("custom.").replace("_", " ") for name in row.after
            if values.get(name) != row.before[name]]


def put(row, name: str, value) -> None:
    """One value, in the way its column has it."""
    column, _, key = name.partition(".")
    if key:
        whole = {**(getattr(row, column) or {}), key: value}
        setattr(row, column, {one: kept for one, kept in whole.items() if kept is not None})
        return
    kind = inspect(type(row)).columns[column].type
    if isinstance(value, str) and isinstance(kind, Utc | DateTime):
        value = datetime.fromisoformat(value)
    elif isinstance(value, str) and kind.python_type is date:
        value = date.fromisoformat(value)
    setattr(row, column, value)


def take_away(how: Reversal, rows: list[ImportedRow], one: Import) -> None:
    """Rows the import made, but for those that something holds on to since."""
    ids = {row.row_id for row in rows}
    there = set(db.session.scalars(select(how.model.id).where(how.model.id.in_(ids))))
    stays = how.stays(there, one) if there else {}
    stay({row.id: stays[row.row_id] for row in rows if row.row_id in stays})
    gone = [row for row in rows if row.row_id not in stays]
    went = [(row.row_id, row.person_id) for row in gone]
    let_go([row.id for row in gone])
    uproot(how.model, [row_id for row_id, _ in went])
    db.session.expire_all()
    how.after(went, one)


def let_go(ids: list[int]) -> None:
    db.session.execute(delete(ImportedRow).where(ImportedRow.id.in_(ids)).execution_options(
        synchronize_session=False))


def stay(reasons: dict[int, str]) -> None:
    """Write on these rows why they stay, or that they are as before."""
    for reason in set(reasons.values()):
        db.session.execute(update(ImportedRow).where(ImportedRow.id.in_(
            [row_id for row_id, why in reasons.items() if why == reason])).values(kept=reason).execution_options(
                synchronize_session=False))


def unsettled(one: Import, model, ids) -> set[int]:
    """Those of these rows that are not as they were before the import: it made them, or they were changed since."""
    return set(db.session.scalars(select(ImportedRow.row_id).where(
        ImportedRow.import_id == one.id, ImportedRow.about == model.__tablename__, ImportedRow.row_id.in_(ids),
        or_(ImportedRow.outcome == "made", ImportedRow.kept != BACK))))


def made_by(one: Import, model) -> object:
    """The ids of a table's rows that this import made, as a select."""
    return select(ImportedRow.row_id).where(ImportedRow.import_id == one.id,
                                            ImportedRow.about == model.__tablename__, ImportedRow.outcome == "made")


def remaining(one: Import) -> list[tuple[str, str, int]]:
    """(table, reason, how many) of what could not be undone."""
    return db.session.execute(select(ImportedRow.about, ImportedRow.kept, func.count()).where(
        ImportedRow.import_id == one.id, ImportedRow.kept != BACK).group_by(
            ImportedRow.about, ImportedRow.kept).order_by(func.count().desc()).limit(SHOWN)).tuples().all()


def waiting(one: Import) -> int:
    """How many rows are still to be looked at."""
    return db.session.scalar(select(func.count()).select_from(ImportedRow).where(
        ImportedRow.import_id == one.id, ImportedRow.kept.is_(None)))


def finish(one: Import) -> None:
    """All that could be undone is."""
    db.session.execute(delete(ImportedRow).where(ImportedRow.import_id == one.id, ImportedRow.kept == BACK)
                       .execution_options(synchronize_session=False))
    one.move(REVERSED)
    forget(one, "refused")
