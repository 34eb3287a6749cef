"""Lists of what the desk keeps: messages, templates, deliveries, jobs, memberships, payments, plans."""
from flask import Blueprint, g, request
from sqlalchemy import select

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.catalog import Plan
from app.connections import Delivery
from app.memberships import Membership
from app.messaging import Message, Template
from app.payments import Payment
from app.spine.db import db
from app.spine.jobs import STATES as JOB_STATES
from app.spine.jobs import Job

bp = Blueprint("api_records", __name__, url_prefix="/api/v1")

RESOURCES = {
    "messages": (Message, dress.message, "messages.read", {"created_at": Message.created_at}, "-created_at"),
    "templates": (Template, dress.template, "messages.read", {"name": Template.name}, "name"),
    "deliveries": (Delivery, dress.delivery, "connections.read", {"received_at": Delivery.received_at},
                   "-received_at"),
    "memberships": (Membership, dress.membership, "people.read", {"created_at": Membership.created_at}, "-created_at"),
    "payments": (Payment, dress.payment, "payments.read", {"opened_at": Payment.opened_at}, "-opened_at"),
    "plans": (Plan, dress.plan, "people.read", {"name": Plan.name, "created_at": Plan.created_at}, "-created_at"),
}
STATES = {"messages": Message.state, "deliveries": Delivery.state, "memberships": Membership.status,
          "payments": Payment.status}


def known_state(state: str, known) -> str:
    """A misspelt state is said, not answered with an empty list."""
    if known and state not in known:
        problem(422, f"state is one of {', '.join(known)}.", "state")
    return state


def hang(name: str, model, dressed, permission: str, columns: dict, default: str) -> None:
    """The list and the single view of one resource."""
    def index():
        found = select(model)
        if request.args.get("state") and name in STATES:
            found = found.where(STATES[name] == known_state(request.args["state"], getattr(model, "STATES", None)))
        return listed(found, lambda rows: [dressed(row) for row in rows], columns, default, model)

    def show(row_id):
        return dressed(found_or_problem(model, row_id))

    index.__name__, show.__name__ = f"{name}_index", f"{name}_show"
    index.__doc__ = f"The account's {name}; `state` narrows." if name in STATES else f"The account's {name}."
    answers(bp, f"/{name}", "GET", permission, shapes.Listed, query=shapes.StateQuery, tags=[name])(index)
    answers(bp, f"/{name}/<row_id>", "GET", permission, shapes.Row, tags=[name])(show)


for _name, _traits in RESOURCES.items():
    hang(_name, *_traits)


@answers(bp, "/deliveries/<row_id>/replays", "POST", "connections.write", shapes.Row, 201, tags=["deliveries"])
def replay(row_id):
    """Translate the stored body once more; what it says twice has no second effect."""
    delivery = found_or_problem(Delivery, row_id)
    delivery.replay()
    db.session.commit()
    return dress.delivery(delivery), 201


@answers(bp, "/jobs", "GET", "jobs.read", shapes.Listed, query=shapes.StateQuery, tags=["jobs"])
def jobs_index():
    """The account's jobs; `state` narrows."""
    found = select(Job).where(Job.account_id == g.account.id)
    if request.args.get("state"):
        found = found.where(Job.state == known_state(request.args["state"], JOB_STATES))
    return listed(found, lambda rows: [dress.job(row) for row in rows], {"run_at": Job.run_at}, "-run_at", Job)


@answers(bp, "/jobs/<row_id>", "GET", "jobs.read", shapes.Row, tags=["jobs"])
def jobs_show(row_id):
    return dress.job(Job.of(g.account.id, row_id) or problem(404, "There is nothing with this id."))
