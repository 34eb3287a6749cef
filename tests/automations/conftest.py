"""Ana the member, Bo the lead, and a playbook that welcomes."""
import pytest

from app.automations import Automation
from app.messaging import Template
from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef


@pytest.fixture
def ana(account):
    person = meet(PersonRef(email="ana@example.test", name="Ana Silva"), "whop")
    person.stage, person.membership_status = "member", "active"
    db.session.commit()
    return person


@pytest.fixture
def bo(account):
    person = meet(PersonRef(email="bo@example.test", name="Bo Lind"), "whop")
    db.session.commit()
    return person


@pytest.fixture
def letter(account):
    template = Template(name="Hello", category="lifecycle", channel="sandbox", subject="Hi {{first_name|there}}",
                        body="Good to see you.")
    db.session.add(template)
    db.session.commit()
    return template


@pytest.fixture
def playbook(account, letter):
    """Tag, wait an hour, send, wait until a day after entering, tag again; on, nobody held out."""
    def make(**spec):
        steps = [{"id": "tag", "do": "add_tag", "tag": "Failed"}, {"id": "hour", "do": "wait", "seconds": 3600},
                 {"id": "mail", "do": "send", "template": letter.public_id},
                 {"id": "day", "do": "wait", "seconds": 86400, "since": "entry"},
                 {"id": "last", "do": "add_tag", "tag": "Told twice"}]
        plan = {"trigger": {"kind": "payment.failed"}, "reentry": {"policy": "per_key"},
                "goal": {"on": "payment.succeeded", "same": "payment"}, "steps": steps, **spec}
        automation = Automation.make("Rescue", "churnsave", plan)
        automation.switch_on()
        db.session.commit()
        return automation
    return make
