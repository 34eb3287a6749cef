"""Rows that a batch has read or made stay in its session until it ends, so that nobody asks for them twice."""
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.spine.db import db, outermost

LASTING: set[type] = set()           # models whose rows a batch may know as they were when it began
ANSWERS: set[str] = set()            # and what it has found out from them, by its name in `session.info`
FLEETING: set[str] = set()           # names in `session.info` that hold for one transaction


def lasting(model):
    """Rows of this model are settings: they change seldom, and a batch of half a second need not look again."""
    LASTING.add(model)
    return model


@contextmanager
def holding():
    """Inside, the session lets go of no row; `session.get` finds it without a question."""
    db.session.info["held"] = []
    try:
        yield
    finally:
        db.session.info.pop("held", None)


def lap(keep=()) -> None:
    """Commit what a batch has done so far and go on with it: settings and the rows in `keep` stay as they are known,
    everything else is read anew."""
    session = db.session()
    answers = {name: session.info[name] for name in ANSWERS & session.info.keys()}
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True
    session.info |= answers
    kept = {id(row) for row in keep}
    for row in session.identity_map.values():
        if type(row) not in LASTING and id(row) not in kept:
            session.expire(row)
    session.info["held"] = [row for row in session.info.get("held", ()) if type(row) in LASTING or id(row) in kept]


@event.listens_for(Session, "after_rollback")
@event.listens_for(Session, "after_soft_rollback")
def _forget(session, *_transaction):
    for name in FLEETING:
        session.info.pop(name, None)


@event.listens_for(Session, "after_commit")
def _forget_at_the_end(session):
    if outermost(session):
        _forget(session)


@event.listens_for(Session, "loaded_as_persistent")
@event.listens_for(Session, "pending_to_persistent")
@event.listens_for(Session, "detached_to_persistent")
def _keep(session, row):
    if "held" in session.info:
        session.info["held"].append(row)
