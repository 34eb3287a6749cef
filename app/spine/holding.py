"""Rows that a batch has read or made stay in its session until it ends, so that nobody asks for them twice."""
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.spine.db import db


@contextmanager
def holding():
    """Inside, the session lets go of no row; `session.get` finds it without a question."""
    db.session.info["held"] = []
    try:
        yield
    finally:
        db.session.info.pop("held", None)


@event.listens_for(Session, "loaded_as_persistent")
@event.listens_for(Session, "pending_to_persistent")
@event.listens_for(Session, "detached_to_persistent")
def _keep(session, row):
    if "held" in session.info:
        session.info["held"].append(row)
