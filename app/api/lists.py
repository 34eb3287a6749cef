"""Lists: any select by keyset, with the same query words everywhere."""
from flask import request
from sqlalchemy import func, select

from app.kit.paging import BadCursor, keyset
from app.spine.db import db

from .door import problem


def how_many(statement) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))


def listed(statement, dress, columns: dict, default: str, model, counted=how_many, **more) -> dict:
    """A page as `{data, next_cursor}` and `total` when asked. `columns` are what `sort` may name."""
    sort = request.args.get("sort") or default
    column = columns.get(sort.removeprefix("-"))
    if column is None:
        problem(422, f"sort takes one of {', '.join(sorted(columns))}, with a - in front for falling order.", "sort")
    try:
        page = keyset(db.session, statement, column, model.id, descending=sort.startswith("-"),
                      cursor=request.args.get("cursor"), limit=int(request.args.get("limit", 50)))
    except BadCursor as error:
        problem(422, str(error), "cursor")
    found = {"data": dress(page.rows), "next_cursor": page.next_cursor, **more}
    if request.args.get("count") == "1":
        found["total"] = counted(statement)
    return found


def found_or_problem(model, public_id: str):
    """The account's row, or 404; foreign and absent ids look alike."""
    return model.find(public_id) or problem(404, "There is nothing with this id.")
