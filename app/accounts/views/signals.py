"""Signs that somebody tries doors, counted over 24 hours, and what browsers report."""
import time
from collections import deque
from datetime import timedelta

import structlog
from flask import Blueprint, request, url_for
from sqlalchemy import select

from app.accounts.audit import Audit
from app.accounts.limits import tallied, tally
from app.kit.clock import real_now
from app.spine.db import db
from app.spine.policy import PUBLIC, policy
from app.spine.slots import fills
from app.spine.status import Line

bp, log = Blueprint("signals", __name__), structlog.get_logger("csp")
LONGEST_REPORT, MOST_REPORTS = 16 << 10, 60           # bytes; taken down a minute and process
GUESSING, LARGE, MOST_EXPORTS = 50, 1000, 500         # failed tries, rows of a file, lines of the trail looked at
recent: deque = deque(maxlen=MOST_REPORTS)


@bp.post("/csp-reports")
@policy(PUBLIC)
def csp_report():
    """Browsers tell us here what the content policy stopped. Anybody may post: a flood is not kept."""
    request.max_content_length = LONGEST_REPORT
    told, moment = request.get_data(as_text=True), time.monotonic()
    if len(recent) < MOST_REPORTS or moment - recent[0] > 60:
        recent.append(moment)
        log.warning("csp.report", body=told[:500])
        tally("csp")
        db.session.commit()
    return "", 204


@fills("status.line", 110)
def sign_ins() -> Line:
    failed = tallied("sign-in failed")
    return Line("Signing in", "warn" if failed > GUESSING else "good", f"{failed:,} failed tries in 24 hours")


@fills("status.line", 130)
def exports() -> Line:
    """How much left as files, from the audit trail."""
    told = db.session.scalars(select(Audit.after).where(
        Audit.action == "export", Audit.at > real_now() - timedelta(hours=24)).order_by(Audit.id.desc())
        .limit(MOST_EXPORTS)).all()
    large = sum(after.get("rows", 0) >= LARGE for after in told)
    return Line("Exports", "warn" if large else "good",
                f"{len(told):,} in 24 hours, {large:,} of them of {LARGE:,} rows or more",
                url_for("settings.audits", action="export") if told else None)


@fills("status.line", 140)
def content_policy() -> Line:
    stopped = tallied("csp")
    words = "stopped nothing in 24 hours"
    if stopped:
        words = f"stopped something {stopped:,} times in 24 hours. The log says what: csp.report."
    return Line("Foreign scripts", "warn" if stopped else "good", f"Browsers {words}")
