"""Every row that points to a person, in whatever table: carried over to another, and back."""
from sqlalchemy import UniqueConstraint, and_, exists, false, inspect, or_, select, update
from sqlalchemy.orm import aliased

from app.spine.db import Base, db

from .models import Merge, full

STRIDE = 5000
OURS = ("merges",)                   # they tell of both sides and stay as they are


def leads() -> list[tuple[type, str]]:
    """(model, column) for each foreign key to people, whoever made the table."""
    found = []
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.local_table.name):
        table = mapper.local_table
        keys = [constraint.elements[0] for constraint in table.foreign_key_constraints if len(constraint.elements) == 1]
        found += [(mapper.class_, key.parent.name) for key in keys
                  if key.column.table.name == "people" and table.name not in OURS]
    return sorted(found, key=lambda pair: (pair[0].__tablename__, pair[1]))


def twin(model, column: str, new: int):
    """A criterion: `new` has one already that a unique key would not suffer beside it."""
    other, ways = aliased(model), []
    for constraint in inspect(model).local_table.constraints:
        names = [one.name for one in constraint.columns] if isinstance(constraint, UniqueConstraint) else []
        if column in names:
            ways.append(and_(*(getattr(other, name) == getattr(model, name) for name in names
                               if name not in (column, "account_id"))))
    if not ways:
        return false()
    theirs = other.account_id == model.account_id, getattr(other, column) == new
    return exists().where(*theirs, or_(*ways)).correlate(model)


def carry_over(merge: Merge) -> None:
    """Move every row from the one who goes to the one who stays. What a unique key forbids stays where it is."""
    kept_id, gone_id, moved = merge.kept_id, merge.gone_id, {}
    for model, column in leads():
        where = getattr(model, column)
        ids = db.session.scalars(select(model.id).where(
            where == gone_id, ~twin(model, column, kept_id)).order_by(model.id)).all()
        if model.__tablename__ == "people":
            ids = [one for one in ids if one != kept_id]
        if ids:
            moved[f"{model.__tablename__}.{column}"] = list(ids)
            send(model, column, ids, gone_id, kept_id)
    merge.moved = moved
    db.session.flush()
    db.session.expire_all()


def carry_back(merge: Merge) -> None:
    """Move back what was carried over and is still there."""
    for model, column in leads():
        ids = merge.moved.get(f"{model.__tablename__}.{column}", ())
        send(model, column, ids, merge.kept_id, merge.gone_id, model.created_at <= merge.created_at,
             ~twin(model, column, merge.gone_id))
    db.session.expire_all()


def send(model, column: str, ids, old: int, new: int, *more) -> None:
    """Point these rows from one person to the other."""
    for start in range(0, len(ids), STRIDE):
        some = ids[start:start + STRIDE]
        values = {column: new, **({"updated_at": model.updated_at} if model.__tablename__ == "people" else {})}
        db.session.execute(update(model).where(model.id.in_(some), getattr(model, column) == old, *more).values(
            **values).execution_options(synchronize_session=False))


def put_back(merge: Merge) -> None:
    """Give rows the columns back that were remembered."""
    models = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    for table, rows in merge.remembered.items():
        for row_id, columns in rows.items():
            row = db.session.get(models[table], int(row_id))
            for name, value in columns.items() if row is not None else ():
                setattr(row, name, full(value))
    db.session.flush()
