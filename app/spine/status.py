"""What is going on: the web server, the worker, the queue, the disk and the copies on one page, in words.

Slot `status.line`: functions that give a Line, or None when there is nothing to say.
"""
import time
from collections import deque
from dataclasses import dataclass

from flask import Blueprint, render_template
from markupsafe import Markup
from sqlalchemy import func, select

from app.kit.clock import now
from app.kit.pages import page
from app.spine import commands
from app.spine.db import db
from app.spine.health import broker_state, oldest_due
from app.spine.jobs import OPEN, Job
from app.spine.jobs.worker import seconds_since_beat
from app.spine.policy import policy
from app.spine.slots import filled, fills

bp = Blueprint("status", __name__, url_prefix="/settings/status")
fills("settings.page", 78, label="Status", icon="activity", permission="jobs.read")("status.index")
SPAN, SLOW, BEHIND, MANY = 900, 1000, 60, 1000        # seconds looked back, ms, seconds, jobs
answered: deque = deque(maxlen=20_000)                # (when, status, ms) of what this process answered


@dataclass(frozen=True)
class Line:
    """One thing and how it stands: `tone` is good, warn or bad."""
    label: str
    tone: str
    words: str
    href: str | None = None


def note(status: int, ms: float) -> None:
    """Remember one answer."""
    answered.append((time.monotonic(), status, ms))


@bp.get("")
@policy("jobs.read")
def index():
    found = [line for tell in (web, worker, queue, broker, disk, copies) if (line := tell())]
    found += [line for tell, _traits in filled("status.line") if (line := tell())]
    worst = next((tone for tone in ("bad", "warn") if any(line.tone == tone for line in found)), "good")
    return page("status/index.html", part="status/_lines.html", lines=found, worst=worst)


def web() -> Line:
    """Answers of the last quarter of an hour, of the process that is asked."""
    recent = [(status, ms) for at, status, ms in answered if at > time.monotonic() - SPAN]
    broken = sum(status >= 500 for status, _ in recent)
    slow = sorted(ms for _, ms in recent)[int(len(recent) * .95)] if recent else 0
    share = broken / len(recent) if recent else 0
    tone = "bad" if broken > 10 or share > .01 else "warn" if slow > SLOW else "good"
    return Line("Web server", tone, f"{len(recent):,} answers in 15 minutes, {broken} of them errors; "
                                    f"19 of 20 within {slow:.0f} ms")


def worker() -> Line:
    beat = seconds_since_beat()
    if beat is not None and beat < BEHIND:
        return Line("Worker", "good", f"Last heard of {beat:.0f} s ago")
    heard = "No worker has ever run here" if beat is None else f"Not heard of for {beat / 60:.0f} minutes"
    return Line("Worker", "bad", f"{heard}. Webhooks are kept and messages wait; start it with bin/run or the worker "
                                 "line of the Procfile.")


def queue() -> Line:
    waits, due = oldest_due(), db.session.scalar(select(func.count()).select_from(Job).where(
        Job.state == "ready", Job.run_at <= now()))
    runs = db.session.scalar(select(func.count()).select_from(Job).where(Job.state.in_(OPEN)))
    tone = "bad" if due > MANY else "warn" if waits > BEHIND else "good"
    return Line("Queue", tone, f"{due:,} jobs due, the oldest for {waits:.0f} s; {runs} running")


def broker() -> Line | None:
    state = broker_state()
    if state == "embedded":
        return None
    away = "Redis does not answer. Nothing is lost: jobs stay in the database and go on when it is back."
    return Line("Redis", "good" if state == "ok" else "bad", "Answers" if state == "ok" else away)


def disk() -> Line:
    words, trouble = commands.disk()
    return Line("Disk", "bad" if trouble else "good", trouble or words)


def copies() -> Line:
    words, trouble = commands.copies()
    return Line("Copies", "warn" if trouble else "good", (trouble or words)[0].upper() + (trouble or words)[1:])


@fills("dashboard.panel", 5)
def worker_away() -> str:
    """On Today: nothing while a worker runs."""
    line = worker()
    html = "" if line.tone == "good" else render_template("status/_away.html", line=line)
    return Markup(html)  # noqa: S704 - rendered by our own template
