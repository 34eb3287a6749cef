"""A playbook that rescues failed payments, to enrol people in."""
from app.automations import Automation
from app.messaging import Template
from app.spine.db import db


def rescue() -> Automation:
    """Off, so that nobody enters by himself."""
    letter = Template(name="Card", category="transactional", channel="sandbox", subject="Your card", body="Pay here.")
    db.session.add(letter)
    db.session.flush()
    return Automation.make("Rescue", "churnsave", {
        "trigger": {"kind": "payment.failed"}, "reentry": {"policy": "per_key"},
        "goal": {"on": "payment.succeeded", "same": "payment"},
        "steps": [{"id": "mail", "do": "send", "template": letter.public_id}]})
