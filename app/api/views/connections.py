"""Connections, their readings, and what those put right."""
from flask import Blueprint, request
from sqlalchemy import select

from app.api import shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.connections import Connection, Discrepancy, Sync
from app.kit.clock import iso
from app.spine.db import db

bp = Blueprint("api_connections", __name__, url_prefix="/api/v1/connections")
STEP = ("name", "label", "state", "seen", "created", "updated", "unchanged", "failed", "note")


def connection(row: Connection, last: Sync | None) -> dict:
    """How it stands, without a secret of it."""
    health = "off" if row.state == "off" else "refused" if row.halted_at else "away" if row.unwell_since else "well"
    return {"id": row.public_id, "source": row.source, "name": row.name, "state": row.state,
            "external_account": row.external_account, "health": {
                "state": health, "since": iso(row.unwell_since), "words": row.unwell_words},
            "webhook": {"path": row.webhook_path, "made": row.webhook_ref is not None, "words": row.hook_words},
            "permissions": row.grants or {}, "last_delivery_at": iso(row.last_delivery_at),
            "last_sync": sync(last) if last else None}


def sync(row: Sync) -> dict:
    return {"id": row.public_id, "kind": row.kind, "state": row.state, "progress": row.progress, "words": row.words,
            "resume_at": iso(row.resume_at), "started_at": iso(row.started_at), "finished_at": iso(row.finished_at),
            "seen": row.total("seen"), "created": row.total("created"), "updated": row.total("updated"),
            "unchanged": row.total("unchanged"), "failed": row.total("failed"),
            "steps": [{name: step.get(name) for name in STEP} for step in row.steps]}


def discrepancy(row: Discrepancy) -> dict:
    return {"id": row.public_id, "noun": row.noun, "subject": row.subject, "field": row.field or None, "was": row.was,
            "became": row.became, "at": iso(row.created_at)}


@answers(bp, "", "GET", "connections.read", shapes.Listed, query=shapes.ListQuery)
def index():
    """What is connected, the newest first, each with its latest reading."""
    return listed(select(Connection), dressed, {"created_at": Connection.created_at}, "-created_at", Connection)


def dressed(rows) -> list[dict]:
    last = Sync.latest_of([row.id for row in rows])
    return [connection(row, last.get(row.id)) for row in rows]


@answers(bp, "/<connection_id>", "GET", "connections.read", shapes.Row)
def show(connection_id):
    return dressed([found_or_problem(Connection, connection_id)])[0]


@answers(bp, "/<connection_id>/syncs", "GET", "connections.read", shapes.Listed, query=shapes.StateQuery)
def syncs(connection_id):
    """Its readings, the newest first; `state` narrows."""
    found = select(Sync).where(Sync.connection_id == found_or_problem(Connection, connection_id).id)
    if request.args.get("state"):
        if request.args["state"] not in Sync.STATES:
            problem(422, f"state is one of {', '.join(Sync.STATES)}.", "state")
        found = found.where(Sync.state == request.args["state"])
    return listed(found, lambda rows: [sync(row) for row in rows], {"started_at": Sync.started_at}, "-started_at", Sync)


@answers(bp, "/<connection_id>/syncs", "POST", "connections.write", shapes.Row, 201)
def begin(connection_id):
    """Read everything again, or go on with the reading that is under way; there is one at a time."""
    row = found_or_problem(Connection, connection_id)
    if row.state != "on" or not row.credential("api_key"):
        problem(409, "This connection has no API key to read with.")
    begun = Sync.begin(row)
    db.session.commit()
    return sync(begun), 201


@answers(bp, "/<connection_id>/syncs/<sync_id>", "GET", "connections.read", shapes.Row)
def show_sync(connection_id, sync_id):
    return sync(_of(Sync, connection_id, sync_id))


@answers(bp, "/<connection_id>/syncs/<sync_id>/pauses", "POST", "connections.write", shapes.Row, 201)
def pause(connection_id, sync_id):
    """Stop after the page under way; POST to the list goes on from there."""
    row = _of(Sync, connection_id, sync_id)
    row.stop()
    db.session.commit()
    return sync(row), 201


@answers(bp, "/<connection_id>/discrepancies", "GET", "connections.read", shapes.Listed, query=shapes.ListQuery)
def discrepancies(connection_id):
    """Fields that were not as the source says: what they were and what they became. `field` null: it was missing."""
    found = select(Discrepancy).where(Discrepancy.connection_id == found_or_problem(Connection, connection_id).id)
    return listed(found, lambda rows: [discrepancy(row) for row in rows], {"created_at": Discrepancy.created_at},
                  "-created_at", Discrepancy)


def _of(model, connection_id: str, public_id: str):
    row = found_or_problem(model, public_id)
    if row.connection_id != found_or_problem(Connection, connection_id).id:
        problem(404, "There is nothing with this id.")
    return row
