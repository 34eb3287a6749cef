"""What arrived and what became of it: the list, one delivery with its payload, and the button to try again."""
from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import defer

from app.kit.pages import page
from app.kit.paging import BadCursor, keyset
from app.spine.db import db
from app.spine.policy import policy
from app.spine.sockets import SOURCES

from ..envelope import Unreadable
from ..models import STATES, Delivery

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")
TABS = {"": "All", "waiting": "Waiting", "processed": "Done", "unused": "Not used", "failed": "Failed"}


@bp.get("")
@policy("connections.read")
def index():
    asked = {name: request.args.get(name, "") for name in ("state", "source", "kind")}
    if asked["state"] not in STATES:
        asked["state"] = ""
    query = select(Delivery).options(defer(Delivery.body), defer(Delivery.outcome))
    for name, value in asked.items():
        if value:
            query = query.where(getattr(Delivery, name) == value)
    try:
        found = keyset(db.session, query, Delivery.received_at, Delivery.id, descending=True,
                       cursor=request.args.get("cursor") or None)
    except BadCursor as error:
        abort(400, str(error))
    return page("deliveries/index.html", part="deliveries/_list.html", found=found, asked=asked, tabs=tabs(asked),
                kinds=kinds(asked["source"]), sources=[(name, vendor.label) for name, vendor in SOURCES.items()],
                here=lambda cursor: url_for(".index", cursor=cursor, **{k: v for k, v in asked.items() if v}))


def tabs(asked) -> list[dict]:
    """States with their counts, keeping the other filters."""
    counted = dict(db.session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all())
    kept = {name: value for name, value in asked.items() if value and name != "state"}
    return [{"label": words, "href": url_for(".index", state=state or None, **kept), "current": asked["state"] == state,
             "count": counted.get(state, 0) if state else sum(counted.values())} for state, words in TABS.items()]


def kinds(source: str) -> list[tuple[str, str]]:
    """The kinds that arrived, in words."""
    query = select(Delivery.source, Delivery.kind).distinct().order_by(Delivery.kind).limit(200)
    rows = db.session.execute(query.where(Delivery.source == source) if source else query).all()
    return [(kind, SOURCES[name].kinds.get(kind, kind) if name in SOURCES else kind) for name, kind in rows]


@bp.get("/<delivery_id>")
@policy("connections.read")
def show(delivery_id):
    return page("deliveries/show.html", one=Delivery.find_or_404(delivery_id))


@bp.post("/<delivery_id>/replay")
@policy("connections.write")
def replay(delivery_id):
    one = Delivery.find_or_404(delivery_id)
    try:
        one.replay()
    except Unreadable as error:
        abort(409, str(error))
    db.session.commit()
    flash("It is being translated again. What was already recorded is not recorded twice.")
    return redirect(url_for(".show", delivery_id=one.public_id), 303)
