"""Automations: read, make, change, switch on and off; who is inside."""
from flask import Blueprint, request
from sqlalchemy import select

from app.accounts import Seat, User
from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.automations import KINDS, Automation, BadPlan, Enrollment
from app.messaging import send_test
from app.spine.db import db

bp = Blueprint("api_automations", __name__, url_prefix="/api/v1/automations")


def body() -> dict:
    return request.get_json(silent=True) or {}


@answers(bp, "", "GET", "playbooks.read", shapes.Listed, query=shapes.ListQuery)
def index():
    return listed(select(Automation).where(Automation.archived_at.is_(None)),
                  lambda rows: [dress.automation(row) for row in rows],
                  {"name": Automation.name, "created_at": Automation.created_at}, "created_at", Automation)


@answers(bp, "", "POST", "playbooks.write", shapes.Row, 201, json=shapes.NewAutomation)
def create():
    """A new automation, off until `POST .../activation`."""
    told = body()
    if told.get("kind", "custom") not in KINDS:
        problem(422, f"kind is one of {', '.join(KINDS)}.", "kind")
    try:
        automation = Automation.make(told["name"], told.get("kind", "custom"), told["plan"])
    except BadPlan as error:
        problem(422, str(error), f"plan.{error.path}")
    db.session.commit()
    return dress.automation(automation), 201


@answers(bp, "/<automation_id>", "GET", "playbooks.read", shapes.Row)
def show(automation_id):
    return dress.automation(found_or_problem(Automation, automation_id))


@answers(bp, "/<automation_id>", "PATCH", "playbooks.write", shapes.Row, json=shapes.AutomationChange)
def update(automation_id):
    """Change name, words, hold-out; a plan becomes the next version, and those inside finish the old one."""
    automation, told = found_or_problem(Automation, automation_id), body()
    for name in ("name", "about", "hold_out"):
        if told.get(name) is not None:
            setattr(automation, name, told[name])
    try:
        if told.get("plan") is not None:
            automation.publish(told["plan"])
    except BadPlan as error:
        problem(422, str(error), f"plan.{error.path}")
    db.session.commit()
    return dress.automation(automation)


@answers(bp, "/<automation_id>", "DELETE", "playbooks.write", status=204)
def archive(automation_id):
    """Off and out of the list; its history stays."""
    found_or_problem(Automation, automation_id).put_away()
    db.session.commit()
    return "", 204


@answers(bp, "/<automation_id>/activation", "POST", "playbooks.write", shapes.Row, 201)
def switch_on(automation_id):
    automation = found_or_problem(Automation, automation_id)
    try:
        automation.switch_on()
    except BadPlan as error:
        problem(422, str(error), f"plan.{error.path}")
    db.session.commit()
    return dress.automation(automation), 201


@answers(bp, "/<automation_id>/activation", "DELETE", "playbooks.write", shapes.Row)
def switch_off(automation_id):
    automation = found_or_problem(Automation, automation_id)
    automation.switch_off()
    db.session.commit()
    return dress.automation(automation)


@answers(bp, "/<automation_id>/test-sends", "POST", "playbooks.write", shapes.Sent, 202, json=shapes.TestSend)
def test_send(automation_id):
    """Mail every message of the playbook, marked as a test, to somebody of the team."""
    automation, email = found_or_problem(Automation, automation_id), body()["email"].strip().lower()
    user = db.session.scalar(select(User).join(Seat).where(Seat.account_id == automation.account_id,
                                                           User.email == email))
    if user is None:
        problem(422, "A test goes to somebody with a seat at this account.", "email")
    sends = [node.spec["template"] for node in automation.plan.nodes.values() if node.do == "send"]
    for template in sends:
        send_test.later(template, "nobody", user.public_id)
    db.session.commit()
    return {"messages": len(sends), "to": user.email}, 202


@answers(bp, "/<automation_id>/enrollments", "GET", "playbooks.read", shapes.Listed, query=shapes.StateQuery)
def enrollments(automation_id):
    automation = found_or_problem(Automation, automation_id)
    found = select(Enrollment).where(Enrollment.automation_id == automation.id)
    if request.args.get("state"):
        found = found.where(Enrollment.state == request.args["state"])
    return listed(found, lambda rows: [dress.enrollment(row) for row in rows],
                  {"entered_at": Enrollment.entered_at}, "-entered_at", Enrollment)
