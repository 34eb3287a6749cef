"""Rows as JSON: every field is listed, nothing goes out by accident."""
from flask import g
from sqlalchemy import select

from app.accounts import User
from app.kit.clock import iso
from app.people import tags_of
from app.spine.db import db


def money(amount: int | None, currency: str | None) -> dict | None:
    return None if amount is None else {"amount": int(amount), "currency": (currency or g.account.currency).upper()}


PERSON = ("public_id", "email", "name", "username", "phone", "stage", "lead_status", "membership_status", "plan_name",
          "plan_id", "joined_at", "canceled_at", "last_active_at", "total_spent", "payments_count", "engagement_score",
          "risk_score", "risk_level", "risk_method", "country", "custom", "lead_source", "lead_value", "converted_at",
          "conversion", "assigned_to", "address", "timezone")


def people(rows) -> list[dict]:
    tags = tags_of([row.id for row in rows]) if rows else {}
    team = mates({row.assigned_to for row in rows if row.assigned_to})
    return [person(row, tags.get(row.id, []), team) for row in rows]


def mates(ids) -> dict[int, str]:
    """Id -> public id of teammates."""
    wanted = select(User.id, User.public_id).where(User.id.in_(ids))
    return dict(db.session.execute(wanted).tuples().all()) if ids else {}


def person(row, tags=None, team=None) -> dict:
    tags = row.tags if tags is None else tags
    team = mates({row.assigned_to} - {None}) if team is None else team
    sale = row.conversion or {}
    return {"id": row.public_id, "email": row.email, "name": row.name, "username": row.username, "phone": row.phone,
            "stage": row.stage, "lead_status": row.lead_status, "membership_status": row.membership_status,
            "plan": row.plan_name or row.plan_id, "joined_at": iso(row.joined_at), "canceled_at": iso(row.canceled_at),
            "last_active_at": iso(row.last_active_at), "total_spent": money(row.total_spent, None),
            "payments_count": row.payments_count, "engagement_score": row.engagement_score,
            "risk": {"score": row.risk_score, "level": row.risk_level, "method": row.risk_method},
            "country": row.country, "timezone": row.timezone, "address": row.address or {},
            "tags": [tag.name for tag in tags], "custom": row.custom or {}, "assigned_to": team.get(row.assigned_to),
            "lead_source": row.lead_source, "lead_value": money(row.lead_value, None),
            "converted_at": iso(row.converted_at), "converted_payment": sale.get("payment"),
            "converted_value": money(sale.get("amount"), sale.get("currency"))}


def note(row) -> dict:
    return {"id": row.public_id, "body": row.body, "html": str(row.html), "pinned": row.pinned,
            "author": row.author.public_id if row.author else None, "created_at": iso(row.created_at),
            "edited_at": iso(row.edited_at)}


def tag(row, count: int | None = None) -> dict:
    told = {"id": row.public_id, "name": row.name, "colour": row.colour, "also": row.keys[1:]}
    return told if count is None else {**told, "people": count}


def task(row) -> dict:
    return {"id": row.public_id, "person": row.person.public_id, "title": row.title,
            "due": row.due.isoformat() if row.due else None,
            "assignee": row.assignee.public_id if row.assignee else None,
            "done_at": iso(row.done_at), "done_by": row.finisher.public_id if row.finisher else None,
            "origin": row.origin, "created_at": iso(row.created_at)}


def custom_field(row) -> dict:
    return {"id": row.key, "key": row.key, "label": row.label, "kind": row.kind, "choices": row.choices or []}


def merge(row) -> dict:
    return {"id": row.public_id, "kept": row.kept.public_id, "gone": row.gone.public_id, "rows": row.rows,
            "merged_at": iso(row.created_at), "undone_at": iso(row.undone_at), "until": iso(row.until)}


def suggestion(one) -> dict:
    return {"id": one.public_id, "person": one.person.public_id, "other": one.other.public_id, "reason": one.row.reason}


def event(row) -> dict:
    return {"id": row.public_id, "kind": row.kind, "at": iso(row.at), "sentence": row.sentence, "data": row.data}


def delivery(row) -> dict:
    return {"id": row.public_id, "source": row.source, "external_id": row.external_id, "kind": row.kind,
            "state": row.state, "received_at": iso(row.received_at), "processed_at": iso(row.processed_at),
            "error": row.error}


def audit(row) -> dict:
    return {"id": row.public_id, "at": iso(row.at), "actor": row.actor, "actor_name": row.actor_name,
            "action": row.action, "object": row.object, "object_id": row.object_id, "before": row.before,
            "after": row.after, "ip": row.ip, "agent": row.agent, "request_id": row.request_id, "hash": row.hash}


def job(row) -> dict:
    return {"id": row.public_id, "name": row.name, "state": row.state, "run_at": iso(row.run_at),
            "attempt": row.attempt, "finished_at": iso(row.finished_at), "error": row.error}


def message(row) -> dict:
    return {"id": row.public_id, "person": row.person.public_id, "channel": row.channel, "category": row.category,
            "state": row.state, "reason": row.reason, "subject": row.subject, "due_at": iso(row.due_at),
            "sent_at": iso(row.sent_at), "delivered_at": iso(row.delivered_at), "opened_at": iso(row.opened_at),
            "clicked_at": iso(row.clicked_at), "automation": row.automation_ref, "is_test": row.is_test}


def template(row) -> dict:
    return {"id": row.public_id, "name": row.name, "category": row.category, "channel": row.channel,
            "subject": row.subject, "body": row.body, "version": row.version}


def automation(row) -> dict:
    return {"id": row.public_id, "name": row.name, "kind": row.kind, "about": row.about, "enabled": row.on,
            "enabled_at": iso(row.enabled_at), "hold_out": row.hold_out, "preset": row.preset,
            "version": row.version.number, "plan": row.version.spec}


def enrollment(row) -> dict:
    return {"id": row.public_id, "person": row.person.public_id, "automation": row.automation.public_id,
            "state": row.state, "reason": row.reason, "step": row.step_id, "due_at": iso(row.due_at),
            "entered_at": iso(row.entered_at), "finished_at": iso(row.finished_at), "held_out": row.held_out}


def segment(row) -> dict:
    return {"id": row.public_id, "name": row.name, "description": row.description, "colour": row.colour,
            "condition": row.condition, "created_at": iso(row.created_at), "updated_at": iso(row.updated_at),
            "watched_at": iso(row.watched_at)}


def membership(row) -> dict:
    return {"id": row.public_id, "person": row.person.public_id, "external_id": row.external_id, "status": row.status,
            "plan": row.plan.label if row.plan else None, "price": money(row.amount, row.currency),
            "started_at": iso(row.started_at), "period_end": iso(row.period_end), "ended_at": iso(row.ended_at)}


def payment(row) -> dict:
    return {"id": row.public_id, "person": row.person.public_id, "external_id": row.external_id, "status": row.status,
            "total": money(row.amount, row.currency), "refunded": money(row.refunded, row.currency),
            "failure_code": row.failure_code, "attempts": row.attempts_count, "opened_at": iso(row.opened_at),
            "failed_at": iso(row.failed_at), "paid_at": iso(row.paid_at), "recovered": row.recovered}


def plan(row) -> dict:
    return {"id": row.public_id, "external_id": row.external_id, "name": row.label,
            "price": money(row.amount, row.currency), "interval": row.interval, "interval_count": row.interval_count}


def imported(row) -> dict:
    return {"id": row.public_id, "kind": row.kind, "file_name": row.file_name, "state": row.state, "rows": row.rows,
            "recognised_as": row.foreign, "mapping": row.mapping, "dates": row.dates, "source": row.origin,
            "consent": row.consent, "counts": row.counts or None, "checked": row.checked or None, "errors": row.reasons,
            "error": row.error, "created_at": iso(row.created_at), "began_at": iso(row.began_at),
            "ended_at": iso(row.ended_at), "reversible": row.reversible, "remaining": row.remaining}


def exported(row) -> dict:
    return {"id": row.public_id, "kind": row.kind, "format": row.format, "file_name": row.file_name, "rows": row.rows,
            "columns": row.columns, "filter": row.asked, "created_at": iso(row.created_at),
            "taken_at": iso(row.taken_at), "file": f"/api/v1/exports/{row.public_id}/file"}
