"""Deleting many rows with all that hangs on them, by the indexes we have.

A database that deletes a row looks for its children by the plain key, table by table; our indexes lead with the
account, so it reads every row there is, for each row that goes. Here the children go first, account and all in one
statement, and then the database is asked not to look again: SQLite by a pragma before the transaction, Postgres where
we may. Where we may not, it looks, and it takes longer.
"""
from sqlalchemy import delete, inspect, select, update

from app.spine.db import Base, db
from app.spine.prepared import keyless

CHUNK = 500


def uproot(model, ids) -> None:
    """Delete these rows of the account served, and what hangs on them as their keys say: gone as well, or emptied."""
    ids = sorted(ids)
    for start in range(0, len(ids), CHUNK):
        some = ids[start:start + CHUNK]
        db.session.execute(select(model.id).where(model.id.in_(some)).with_for_update())      # nobody adds to them now
        for child, column, way in hanging(model):
            theirs = column.in_(some)
            if way == "CASCADE" and any(True for _ in hanging(child)):
                uproot(child, db.session.scalars(select(child.id).where(theirs)).all())
            elif way == "CASCADE":
                db.session.execute(delete(child).where(theirs).execution_options(synchronize_session=False))
            else:
                db.session.execute(update(child).where(theirs).values({column.key: None}).execution_options(
                    synchronize_session=False))
        db.session.execute(delete(model).where(model.id.in_(some)).execution_options(synchronize_session=False))


def hanging(model):
    """(model, column, what becomes of its rows) of every plain key that leads to a table."""
    table = inspect(model).local_table
    for mapper in Base.registry.mappers:
        for key in mapper.local_table.foreign_keys:
            if key.column.table is table and len(key.constraint.elements) == 1:
                prop = mapper.get_property_by_column(key.parent)
                yield mapper.class_, getattr(mapper.class_, prop.key), key.ondelete


__all__ = ["keyless", "uproot"]
