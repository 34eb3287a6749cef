"""What a new playbook may begin as: a copy of a preset, or nothing but what starts it."""
from sqlalchemy import select

from app.messaging import Template
from app.spine.db import db

from .models import Automation
from .presets import DAY, PRESETS, TEMPLATES, send, wait

WINBACK = {
    "winback_hello": ("Win back: how have you been", "promo", "We kept your place, {{first_name|friend}}",
        "Hi {{first_name|there}},\n\nit is two weeks since you left {{plan_name|us}}. Here is what you missed, and how "
        "to come back if you like.\n\n[Come back]({{offer_link}})\n\n{{creator_name}}"),
    "winback_offer": ("Win back: a reason to return", "promo", "{{discount|Something}} for your return",
        "Hi {{first_name|there}},\n\nif you want to give it another try, here is {{discount|a welcome back price}} for "
        "your first month.\n\n[Use it]({{offer_link}})\n\n{{creator_name}}"),
}


def win_back(ids) -> dict:
    return {"trigger": {"kind": "membership.canceled"}, "reentry": {"policy": "after_days", "days": 180},
            "audience": {"all": [{"field": "stage", "op": "is", "value": "former"}]},
            "goal": {"on": "membership.activated"}, "exits": [{"on": "payment.succeeded"}],
            "steps": [wait("wait-14d", 14 * DAY), send("hello", ids["winback_hello"]),
                      wait("wait-30d", 30 * DAY), send("offer", ids["winback_offer"])]}


BEGINNINGS = {**PRESETS, "winback": ("Win Back", "winback", win_back,
                                     "Writes two weeks and a month after somebody left.")}
LETTERS = {**TEMPLATES, **WINBACK}


def begin(start: str, name: str, trigger: dict | None) -> Automation:
    """A new automation, off: a copy of a beginning with its templates, or one without steps that `trigger` starts."""
    if start not in BEGINNINGS:
        return Automation.begin(name, "custom", {"trigger": trigger, "reentry": {"policy": "once"}, "steps": []},
                                hold_out=10)
    _, kind, plan, about = BEGINNINGS[start]
    return Automation.make(name, kind, plan(Letters()), about=about, preset=start, hold_out=10)


class Letters(dict):
    """Public ids of the templates a beginning sends; made when the account has none of that name."""

    def __missing__(self, key: str) -> str:
        name, category, subject, body = LETTERS[key]
        template = db.session.scalar(select(Template).where(Template.name == name, Template.archived_at.is_(None))
                                     .order_by(Template.id).limit(1))
        if template is None:
            template = Template(name=name, category=category, channel="email", subject=subject, body=body)
            db.session.add(template)
            db.session.flush()
        self[key] = template.public_id
        return self[key]
