"""The audit trail, read only."""
from flask import Blueprint, g, request

from app.accounts import Audit, BadDay, Trail
from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed

bp = Blueprint("api_audits", __name__, url_prefix="/api/v1/audits")


@answers(bp, "", "GET", "audit.read", shapes.Listed, query=shapes.AuditQuery, tags=["audits"])
def index():
    """Who changed what, the newest first; narrowed by action, object, object_id, actor, and days `from` and `to`."""
    try:
        trail = Trail(request.args, g.account.timezone)
    except BadDay as error:
        problem(422, str(error), "from")
    return listed(trail.lines(), lambda rows: [dress.audit(row) for row in rows], {"at": Audit.at}, "-at", Audit)


@answers(bp, "/<row_id>", "GET", "audit.read", shapes.Row, tags=["audits"])
def show(row_id):
    return dress.audit(found_or_problem(Audit, row_id))
