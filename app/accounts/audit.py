"""The audit trail: who changed what, before and after, chained by hashes. Written by the session, not by remembering.

A change made by somebody (a user, a token, the command line) is kept; what machines absorb is in deliveries and events.
"""
import hashlib
import json
import re
from datetime import date, datetime

import structlog
from flask import g, has_request_context, request
from sqlalchemy import Index, event, func, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kit.clock import real_now
from app.spine.db import ANY, Json, Owned, Public, Row, Utc, is_postgres

QUIET = {"events", "jobs", "audits", "marks", "buckets", "sign_ins", "sign_in_links", "deliveries", "message_events",
         "step_runs", "touches", "links", "idempotent_calls", "merges", "tag_removals"}
MASKED = re.compile(r"hash|secret|password|credential|token|sealed|code", re.I)
WATCHED = ("users", "seats", "api_tokens", "connections")     # whose every change is a line in the log as well
GENESIS = "0" * 64
log = structlog.get_logger("security")


class Audit(Public, Owned, Row):
    """One change. `hash` covers the row and the hash before it, so that a missing or changed row shows."""
    __tablename__ = "audits"
    PREFIX = "aud"
    at: Mapped[datetime] = mapped_column(Utc, default=real_now)
    actor: Mapped[str]                    # public id of a user or token, or "command line"
    actor_name: Mapped[str] = mapped_column(default="")
    action: Mapped[str]                   # create, update, delete, login, export, denied
    object: Mapped[str]
    object_id: Mapped[str] = mapped_column(default="")
    before: Mapped[dict] = mapped_column(Json, default=dict)
    after: Mapped[dict] = mapped_column(Json, default=dict)
    ip: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")
    request_id: Mapped[str] = mapped_column(default="")
    prev: Mapped[str]
    hash: Mapped[str]
    __table_args__ = (Index("ix_audits_at", "account_id", "id"), Index("ix_audits_object", "account_id", "object_id"))

    def computed(self) -> str:
        return self.computed_after(self.prev)

    def computed_after(self, prev: str) -> str:
        """The hash of this line when it follows a line with the hash `prev`."""
        parts = [prev, self.account_id, self.at.isoformat(), self.actor, self.action, self.object, self.object_id,
                 self.before, self.after]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def note(session, action: str, thing: str, thing_id: str = "", before=None, after=None, account_id=None) -> None:
    """Add a line to the account's trail, as whoever this session acts for."""
    actor = session.info.get("actor") or {}
    account_id = account_id or session.info.get("account_id")
    if not actor or account_id in (None, ANY):
        return
    row = Audit(account_id=account_id, at=real_now(), actor=actor["id"], actor_name=actor.get("name", ""),
                action=action, object=thing, object_id=thing_id, before=before or {}, after=after or {},
                prev=_last_hash(session, account_id))
    if has_request_context():
        row.ip, row.agent = request.remote_addr or "", (request.user_agent.string or "")[:200]
        row.request_id = g.get("request_id", "")
    row.hash = session.info["audit_tip"] = row.computed()
    session.add(row)
    if action not in ("create", "update", "delete") or thing in WATCHED:
        log.info("security", action=action, object=thing, object_id=thing_id, actor=actor["id"], account=account_id)


def by_command(session) -> None:
    """From here on the session's changes are those of whoever sits at the server."""
    session.info["actor"] = {"id": "command line", "name": "Command line"}


def _last_hash(session, account_id) -> str:
    if session.info.get("audit_tip"):
        return session.info["audit_tip"]
    with session.no_autoflush:
        if is_postgres():                 # two writers must not continue the same row
            session.execute(select(func.pg_advisory_xact_lock(7177, account_id)))
        last = session.scalar(select(Audit.hash).where(Audit.account_id == account_id)
                              .order_by(Audit.id.desc()).limit(1))
    return last or GENESIS


@event.listens_for(Session, "before_flush")
def _note_changes(session, context, instances):
    if not session.info.get("actor"):
        return
    for rows, action in ((list(session.new), "create"), (list(session.dirty), "update"),
                         (list(session.deleted), "delete")):
        for row in rows:
            if row.__tablename__ not in QUIET and (action != "update" or session.is_modified(row)):
                before, after = _difference(row, action)
                note(session, action, row.__tablename__, getattr(row, "public_id", None) or "", before, after,
                     getattr(row, "account_id", None))


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
@event.listens_for(Session, "after_soft_rollback")          # a savepoint may take lines back, too
def _forget_tip(session, *_transaction):
    session.info.pop("audit_tip", None)


def _difference(row, action) -> tuple[dict, dict]:
    before, after = {}, {}
    for attribute in inspect(row).mapper.column_attrs:
        history = inspect(row).attrs[attribute.key].history
        if action == "update" and not history.has_changes():
            continue
        if action != "create" and (history.deleted or action == "delete"):
            before[attribute.key] = _plain(attribute.key, history.deleted[0] if history.deleted
                                           else getattr(row, attribute.key))
        if action != "delete" and history.added:
            after[attribute.key] = _plain(attribute.key, history.added[0])
    return before, after


def _plain(name, value):
    if value is not None and MASKED.search(name):
        return "[masked]"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        named = value.items() if isinstance(value, dict) else None
        return {k: _plain(k, v) for k, v in named} if named is not None else [_plain("", v) for v in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
