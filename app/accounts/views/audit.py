"""The audit trail on screen and as a file."""
from flask import Response, abort, g, request, stream_with_context, url_for

from app.accounts import audited
from app.accounts.audit import Audit
from app.accounts.chain import verify
from app.accounts.trail import ACTIONS, BadDay, Trail, actors, changes, objects
from app.kit.clock import iso
from app.kit.csv import stream
from app.kit.pages import page
from app.spine.db import db, while_served
from app.spine.policy import policy

from .settings import bp

HEADER = ("at", "actor", "actor_name", "action", "object", "object_id", "change", "ip", "request_id")
SHOWN = 50


@bp.get("/audit")
@policy("audit.read")
def audits():
    trail, wrong = asked()
    query = trail.lines().order_by(Audit.id.desc()).limit(SHOWN + 1)
    if request.args.get("before"):
        query = query.where(Audit.id < Audit.find_or_404(request.args["before"]).id)
    rows = db.session.scalars(query).all()
    more = rows[SHOWN - 1].public_id if len(rows) > SHOWN else None
    return page("accounts/audit.html", part="accounts/_audits.html", status=422 if wrong else 200, audits=rows[:SHOWN],
                trail=trail, wrong=wrong, actions=list(ACTIONS.items()), objects=objects(), actors=actors(),
                changes=changes, more=more and url_for(".audits", before=more, **trail.args))


def asked() -> tuple[Trail, str | None]:
    """What the address asks for; a day nobody can read narrows nothing and is said."""
    try:
        return Trail(request.args, g.account.timezone), None
    except BadDay as error:
        return Trail({}, g.account.timezone), str(error)


@bp.get("/audit/check")
@policy("audit.read")
def audit_check():
    """Walk the chain now and say whether it holds."""
    return page("accounts/audit_check.html", broken=verify(db.session, g.account.id))


@bp.get("/audit.csv")
@policy("audit.read", fresh=True)
def audit_file():
    trail, wrong = asked()
    if wrong:
        abort(422, wrong)
    audited(db.session, "export", "audits", after=trail.args)
    db.session.commit()
    return Response(stream_with_context(while_served(stream(HEADER, cells(trail)))), mimetype="text/csv", headers={
        "Content-Disposition": f'attachment; filename="audit-{g.account.slug}.csv"'})


def cells(trail: Trail):
    """The lines of the file, read while they are sent."""
    for row in db.session.scalars(trail.lines().order_by(Audit.id).execution_options(yield_per=500)):
        told = "; ".join(f"{name}: {before} → {after}" for name, before, after in changes(row))
        yield (iso(row.at), row.actor, row.actor_name, row.action, row.object, row.object_id, told, row.ip,
               row.request_id)


audit_file._writes = True           # its own line
