"""The rows behind a number, as a page and as CSV."""
from datetime import date, timedelta

from flask import Blueprint, Response, abort, request, stream_with_context, url_for
from sqlalchemy import select

from app.accounts import audited, current_account
from app.kit.csv import stream
from app.kit.money import from_milli
from app.kit.pages import page
from app.people import Person
from app.spine.db import as_account, db
from app.spine.policy import policy

from ..figures import FIGURES, MOVED, Figure, Line
from ..metrics import Span
from . import periods

bp = Blueprint("figures", __name__, url_prefix="/figures")
SHOWN = 500


@bp.get("/<name>")
@policy("analytics.read")
def show(name):
    figure, span, asked = _asked(name)
    lines = figure.find(span, request.args.get("kind"))
    return page("dashboard/figure.html", figure=figure, span=span, lines=lines[:SHOWN], people=people_of(lines[:SHOWN]),
                total=total_of(lines), found=len(lines), title=_title(figure), asked=asked,
                segments=periods.segments(".show", span.days, name=name, kind=request.args.get("kind"))
                if "month" not in asked else [])


@bp.get("/<name>.csv")
@policy("data.export", fresh=True)
def export(name):
    figure, span, asked = _asked(name)
    lines = figure.find(span, request.args.get("kind"))
    told = {key: value for key, value in asked.items() if value}
    audited(db.session, "export", "figures", name, after={**told, "rows": len(lines)})
    db.session.commit()
    account, people = current_account(), people_of(lines)
    account_id, currency = account.id, account.currency
    rows = [(people[line.person_id].name, people[line.person_id].email, line.what, line.at, _plain(figure, line),
             currency) for line in lines if line.person_id in people]

    def written():
        with as_account(account_id):
            yield from stream(("name", "email", "what", "when", "minor units", "currency"), rows)
    return Response(stream_with_context(written()), mimetype="text/csv", headers={
        "Content-Disposition": f'attachment; filename="{figure.name}.csv"', "Cache-Control": "no-store"})


export._writes = True               # its line in the audit trail


def _asked(name) -> tuple[Figure, Span, dict]:
    """The figure, its span (a month, or so many days), and the query that names them."""
    figure = FIGURES.get(name) or abort(404)
    month = request.args.get("month", "")
    if not month:
        days = periods.chosen()
        return figure, Span.of(days), {"days": days, "kind": request.args.get("kind")}
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        abort(400, "A month is written as 2026-03.")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return figure, Span(first, last), {"month": month, "kind": request.args.get("kind")}


def _title(figure: Figure) -> str:
    return MOVED.get(request.args.get("kind"), figure.label) if figure.name == "movements" else figure.label


def people_of(lines: list[Line]) -> dict[int, Person]:
    ids = {line.person_id for line in lines}
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids)))}


def total_of(lines: list[Line]) -> int | None:
    amounts = [line.amount for line in lines if line.amount is not None]
    return sum(amounts) if amounts else None


def _plain(figure: Figure, line: Line):
    if line.amount is None:
        return None
    return from_milli(line.amount) if figure.unit == "monthly" else line.amount


def link(name: str, **query) -> str:
    return url_for("figures.show", name=name, **query)
