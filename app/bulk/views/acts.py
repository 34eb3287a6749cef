"""Choose, confirm with the exact number, watch, look at the result, take back."""
from flask import Blueprint, abort, g, request, url_for
from sqlalchemy import select

from app.accounts import can
from app.bulk.acts import acts
from app.bulk.models import BulkAction, BulkChange, Changed
from app.bulk.selection import Selection
from app.connections import exports
from app.kit.pages import page, redirect_to, toast
from app.people import Listing, few
from app.spine.conditions import BadCondition
from app.spine.db import db
from app.spine.policy import policy

bp = Blueprint("bulk", __name__, url_prefix="/bulk")
FAILURES, LATEST = 200, 50


@bp.get("")
@policy("people.read")
def index():
    rows = db.session.scalars(select(BulkAction).where(BulkAction.state != "draft").order_by(
        BulkAction.created_at.desc(), BulkAction.id.desc()).limit(LATEST)).all()
    return page("bulk/index.html", rows=rows)


@bp.post("")
@policy("people.write")
def create():
    """What the bar under a list asks for, as a draft to confirm."""
    back = redirect_to(url_for("people.index", **Listing.of(request.args).args()))
    act = acts().get(request.form.get("act", ""))
    if act is None:
        return toast(back, "Choose what to do.")
    if not can(act.permission):
        abort(403)
    try:
        action = BulkAction.make(act.name, request.form, Selection.of(request.form, request.args), g.user)
    except ValueError as error:
        db.session.rollback()
        return toast(back, str(error))
    db.session.commit()
    return redirect_to(url_for(".show", public_id=action.public_id))


@bp.get("/<public_id>")
@policy("people.read")
def show(public_id):
    return shown(BulkAction.find_or_404(public_id))


def shown(action: BulkAction, status: int = 200, error: str | None = None):
    """The confirmation, the progress or the result; `_state.html` is the part that polls itself."""
    sample, failures = [], []
    if action.state == "draft":
        try:
            sample = few(action.chosen.people, 5, action.total)
        except BadCondition as bad:
            error = str(bad)
    else:
        failures = db.session.scalars(select(BulkChange).where(
            BulkChange.action_id == action.id, BulkChange.why.is_not(None)).limit(FAILURES)).all()
    who = action.chosen.sentence()
    return page("bulk/show.html", part="bulk/_state.html", status=status, action=action, sample=sample,
                failures=failures, error=error, mine=can(action.does.permission), who=f"{who[:1].upper()}{who[1:]}")


@bp.post("/<public_id>/confirmation")
@policy("people.write")
def confirm(public_id):
    action = BulkAction.find_or_404(public_id)
    if action.does.grave or not can(action.does.permission):
        abort(403)
    return _started(action)


@bp.post("/<public_id>/erasure")
@policy("data.erase", fresh=True)
def confirm_erasure(public_id):
    """What cannot be taken back wants its number typed."""
    action = BulkAction.find_or_404(public_id)
    typed = request.form.get("number", "").strip().replace(",", "")
    if not action.does.grave or typed != str(action.total):
        return shown(action, 422, f"Type {action.total} to say that you mean all of them.")
    return _started(action)


def _started(action: BulkAction):
    try:
        action.start()
    except (Changed, BadCondition) as error:
        db.session.commit()
        return shown(action, 422, str(error))
    db.session.commit()
    return redirect_to(url_for(".show", public_id=action.public_id))


@bp.post("/<public_id>/halt")
@policy("people.write")
def halt(public_id):
    action = BulkAction.find_or_404(public_id)
    action.stop()
    db.session.commit()
    return redirect_to(url_for(".show", public_id=public_id))


@bp.post("/<public_id>/reversal")
@policy("people.write")
def reverse(public_id):
    action = BulkAction.find_or_404(public_id)
    action.undo()
    db.session.commit()
    return redirect_to(url_for(".show", public_id=public_id))


@bp.post("/people.csv")
@policy("data.export", fresh=True)
def export():
    """The chosen people as a file."""
    if request.form.get("everything"):
        return exports.sent(exports.order("people", request.args, by=g.user))
    ids = request.form.getlist("ids")
    if not ids:
        return toast(redirect_to(url_for("people.index", **Listing.of(request.args).args())), "Choose somebody first.")
    return exports.sent(exports.order("people", {"ids": ids}, by=g.user))
