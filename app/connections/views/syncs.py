"""Reading a source on screen: how far it is, start, stop, what was found to be different."""
from flask import Blueprint, abort, flash, request, url_for
from sqlalchemy import select

from app.kit.clock import parse_time
from app.kit.pages import page, redirect_to
from app.kit.paging import BadCursor, keyset
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills
from app.spine.status import Line

from ..models import Connection
from ..sync import Discrepancy, Sync
from ..sync.models import KINDS

bp = Blueprint("syncs", __name__, url_prefix="/settings/connections/<connection_id>")
NOUNS = {"person": "Person", "membership": "Membership", "payment": "Payment"}
BADGES = {"done": ("Read", "good", "circle-check"), "running": ("Reading", "info", "loader-circle"),
          "waiting": ("Waits", "", "clock"), "refused": ("Not allowed", "warn", "triangle-alert"),
          "failed": ("Failed", "bad", "circle-alert"), "paused": ("Paused", "bad", "circle-alert"),
          "stopped": ("Stopped", "", "pause")}


@bp.get("/syncs")
@policy("connections.read")
def index(connection_id):
    """The readings of a connection; its moving part asks for itself until the reading ends."""
    one = Connection.find_or_404(connection_id)
    latest = Sync.latest(one)
    query = select(Sync).where(Sync.connection_id == one.id).order_by(Sync.id.desc()).limit(20)
    return page("connections/syncs.html", part="connections/_sync.html", one=one, sync=latest, badges=BADGES,
                syncs=db.session.scalars(query).all(), kinds=KINDS)


@bp.post("/syncs")
@policy("connections.write")
def start(connection_id):
    one = Connection.find_or_404(connection_id)
    if one.state != "on" or not one.credential("api_key"):
        abort(409, "There is no API key to read with. Add one under Change it.")
    Sync.begin(one)
    db.session.commit()
    flash("Reading now. You can leave this page.")
    return redirect_to(url_for("connections.show", connection_id=one.public_id))


@bp.post("/syncs/<sync_id>/pause")
@policy("connections.write")
def pause(connection_id, sync_id):
    """Stop after the page that is under way; what came in stays."""
    Connection.find_or_404(connection_id)
    Sync.find_or_404(sync_id).stop()
    db.session.commit()
    flash("Stopped. It goes on from there when you start it again.")
    return redirect_to(url_for("connections.show", connection_id=connection_id))


@bp.get("/discrepancies")
@policy("connections.read")
def discrepancies(connection_id):
    """Fields that were not as the source says, the newest first."""
    one = Connection.find_or_404(connection_id)
    query = select(Discrepancy).where(Discrepancy.connection_id == one.id)
    try:
        found = keyset(db.session, query, Discrepancy.created_at, Discrepancy.id, descending=True,
                       cursor=request.args.get("cursor") or None)
    except BadCursor as error:
        abort(400, str(error))
    return page("connections/discrepancies.html", one=one, found=found, nouns=NOUNS, told=told,
                here=lambda cursor: url_for(".discrepancies", connection_id=one.public_id, cursor=cursor))


def told(value: str | None):
    """A value as it was written down: a moment as a moment, nothing as a word."""
    if value and value[:4].isdigit() and "T" in value:
        try:
            return parse_time(value)
        except ValueError:
            return value
    return value or "nothing"


@fills("status.line", 110)
def reading() -> Line | None:
    """Connections whose vendor is away or refuses the key."""
    ill = db.session.scalars(select(Connection).where(Connection.state == "on",
                                                      Connection.unwell_since.is_not(None))).all()
    if not ill:
        return None
    return Line("Reading", "bad" if any(one.halted_at for one in ill) else "warn",
                "; ".join(f"{one.name}: {one.unwell_words}" for one in ill), url_for("connections.index"))
