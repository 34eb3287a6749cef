"""The checklist: every step looks for itself whether it is done."""
from flask import current_app, g, url_for
from sqlalchemy import select

from app.accounts import team
from app.automations import Automation
from app.connections import Connection
from app.messaging import Sending
from app.people import Person
from app.segments import Segment
from app.spine.db import db

from .settings import FirstRun


def checklist(run: FirstRun) -> list[dict]:
    """[{key, title, text, done, act}] in the order that fits what the creator wants."""
    def any_of(statement):
        return db.session.scalar(statement.limit(1))
    connected = any_of(select(Connection.name).where(Connection.state == "on"))
    people, sending = any_of(select(Person.id)), Sending.of(g.account)
    own = any_of(select(Segment.id).where(Segment.created_by.is_not(None)))
    files = "imports.new" in current_app.view_functions
    on = any_of(select(Automation.name).where(Automation.enabled_at.is_not(None)))

    def step(key, title, text, done, label, endpoint, **values):
        return {"key": key, "title": title, "text": text, "done": bool(done),
                "act": {"label": label, "href": url_for(endpoint, **values)}}
    return [
        step("answers", "Answer three questions", "Time zone, currency, and what matters first.", run.wants,
             "Answer", "onboarding.show", _anchor="questions"),
        step("connected", "Connect Whop or Stripe", f"{connected} is connected." if connected else
             "Members and payments arrive by themselves from then on. 3 minutes.", connected,
             "Connect", "connections.index"),
        step("people", "Bring in your people",
             "They are here." if people else "By a connection, from a file, or one by one.", people,
             "Bring in a file" if files else "Add a person", "imports.new" if files else "people.new"),
        step("segment", "Save a segment of your own", "A question about people that keeps itself up to date.", own,
             "New segment", "segments.new"),
        step("sender", "Say who your messages come from", f"They come from {sending.sender}." if sending.sender else
             "Name, address and quiet hours. Nothing goes out without them.", sending.sender,
             "Set your sender", "sending.show"),
        step("playbook", "Switch on a playbook", f"{on} is on." if on else
             "Each one shows whom it would reach before it writes to anybody.", on,
             "See the playbooks", "playbooks.index"),
        step("team", "Invite someone", "A moderator may write notes without seeing money.", len(team()) > 1,
             "Invite", "team.index"),
    ]
