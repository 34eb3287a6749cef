"""Is it alive, is it ready, and what is behind: addresses for machines and people."""
from flask import Blueprint, current_app, jsonify
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.kit.clock import now
from app.spine.db import ANY, db, serve
from app.spine.jobs import Job
from app.spine.jobs.worker import seconds_since_beat
from app.spine.policy import PUBLIC, policy

VERSION = "0.1.0"
bp = Blueprint("health", __name__)


def oldest_due() -> float:
    """Seconds the oldest due job has waited; 0 when none is due."""
    due = db.session.scalar(select(func.min(Job.run_at)).where(Job.state == "ready", Job.run_at <= now()))
    return round((now() - due).total_seconds(), 1) if due else 0.0


def broker_state() -> str:
    """Whether the broker answers; without one the embedded worker needs none."""
    url = current_app.config["REDIS_URL"]
    if not url:
        return "embedded"
    import redis
    try:
        from app.spine.jobs.broker import connect
        connect(url).ping()
    except redis.RedisError:
        return "away"
    return "ok"


@bp.get("/health/live")
@policy(PUBLIC)
def live():
    return jsonify(status="ok")


@bp.get("/health/ready")
@bp.get("/health")
@policy(PUBLIC)
def ready():
    serve(ANY)
    try:
        beat, lag = seconds_since_beat(), oldest_due()
    except SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="down", database="away", version=VERSION), 503
    alive = beat is not None and beat < 20
    return jsonify(status="ok" if alive else "degraded", database="ok", broker=broker_state(),
                   worker={"seconds_since_heartbeat": None if beat is None else round(beat, 1), "alive": alive},
                   oldest_due_job_seconds=lag, version=VERSION)
