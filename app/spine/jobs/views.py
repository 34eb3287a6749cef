"""The jobs screen: what runs, what is due, what failed and why; retry and discard."""
from flask import Blueprint, abort, flash, g, redirect, request, url_for
from sqlalchemy import func, select

from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from .models import Job
from .worker import seconds_since_beat

bp = Blueprint("jobs", __name__, url_prefix="/settings/jobs")
fills("settings.page", 80, label="Jobs", icon="list", permission="jobs.read")("jobs.index")
TABS = {"open": ("Running and due", ("ready", "dispatched", "running")), "failed": ("Failed", ("failed", "dead")),
        "done": ("Done", ("done",))}


@bp.get("")
@policy("jobs.read")
def index():
    tab = request.args.get("tab") if request.args.get("tab") in TABS else "open"
    mine = select(Job).where(Job.account_id == g.account.id)
    counts = dict(db.session.execute(select(Job.state, func.count()).where(Job.account_id == g.account.id)
                                     .group_by(Job.state)).all())
    tabs = [{"label": words, "href": url_for(".index", tab=name), "current": name == tab,
             "count": sum(counts.get(state, 0) for state in states)} for name, (words, states) in TABS.items()]
    query = mine.where(Job.state.in_(TABS[tab][1])).order_by(Job.id.desc()).limit(51)
    before = request.args.get("before", "")
    if before:
        edge = Job.of(g.account.id, before) or abort(404)
        query = query.where(Job.id < edge.id)
    rows = db.session.scalars(query).all()
    return page("jobs/index.html", part="jobs/_list.html", tabs=tabs, tab=tab, jobs=rows[:50],
                more=rows[49].public_id if len(rows) > 50 else None, beat=seconds_since_beat())


@bp.post("/<job_id>/retry")
@policy("jobs.write")
def retry(job_id):
    return _act(job_id, Job.retry, "It is back in line.")


@bp.post("/<job_id>/discard")
@policy("jobs.write")
def discard(job_id):
    return _act(job_id, Job.discard, "Given up. It stays listed under Done.")


def _act(job_id, verb, words):
    row = Job.of(g.account.id, job_id) or abort(404)
    try:
        verb(row)
    except ValueError as error:
        abort(409, str(error).capitalize() + ".")
    db.session.info["wake"] = True
    db.session.commit()
    flash(words)
    return redirect(url_for(".index"), 303)
