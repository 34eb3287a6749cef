"""The playbooks every account begins with. They come with the account and stay off until somebody switches them on."""
from app.messaging import Template
from app.spine.db import db
from app.spine.slots import fills

from .models import Automation

HOUR, DAY = 3600, 86400


def send(step_id: str, template: str) -> dict:
    return {"id": step_id, "do": "send", "template": template}


def wait(step_id: str, seconds: int, since: str = "entry") -> dict:
    return {"id": step_id, "do": "wait", "seconds": seconds, "since": since}


TEMPLATES = {
    "first_reminder": ("First purchase: reminder", "lifecycle", "You were looking at {{creator_name}}",
        "Hi {{first_name|there}},\n\nyou left your details an hour ago and did not join yet. If something was in the "
        "way, reply to this mail and I will help.\n\n[Join here]({{offer_link}})\n\n{{creator_name}}"),
    "first_value": ("First purchase: what you get", "promo", "What members get",
        "Hi {{first_name|there}},\n\nhere is what waits inside: the courses, the community and a new lesson every "
        "week.\n\n[See it and join]({{offer_link}})\n\n{{creator_name}}"),
    "first_incentive": ("First purchase: a reason to start now", "promo", "{{discount|A welcome price}} if you like",
        "Hi {{first_name|there}},\n\nif the price was what held you back: your first month comes with "
        "{{discount|a welcome discount}}.\n\n[Use it]({{offer_link}})\n\n{{creator_name}}"),
    "upgrade_offer": ("Upgrade to Pro: the offer", "promo", "You have outgrown {{plan_name|your plan}}",
        "Hi {{first_name|there}},\n\nyou have been with us for two weeks. Pro adds the live sessions and feedback on "
        "your own work.\n\n[Look at Pro]({{offer_link}})\n\n{{creator_name}}"),
    "upgrade_follow_up": ("Upgrade to Pro: follow-up", "promo", "Still thinking about Pro?",
        "Hi {{first_name|there}},\n\ntwo days ago I told you about Pro. You can switch at any time and go back just "
        "as easily.\n\n[Switch to Pro]({{offer_link}})\n\n{{creator_name}}"),
    "failed_notice": ("Payment failed: notice", "transactional", "Your payment did not go through",
        "Hi {{first_name|there}},\n\nyour payment of {{amount}} for {{plan_name|your membership}} did not go through. "
        "Your access continues for now.\n\n[Update your card or pay]({{card_link}})\n\n"
        "{{creator_name}}"),
    "failed_downgrade": ("Payment failed: a smaller plan", "lifecycle", "A smaller plan may fit better",
        "Hi {{first_name|there}},\n\nthe payment of {{amount}} is still open. If it is too much at the moment, a "
        "smaller plan keeps you in.\n\n[Pay or change plan]({{card_link}})\n\n{{creator_name}}"),
}


def first_purchase(ids) -> dict:
    return {"trigger": {"kind": "lead.created"}, "reentry": {"policy": "once"},
            "audience": {"all": [{"field": "payments_count", "op": "is", "value": 0},
                                 {"field": "stage", "op": "is", "value": "lead"}]},
            "goal": {"on": "payment.succeeded"}, "exits": [{"on": "membership.activated"}],
            "steps": [wait("wait-1h", HOUR), send("reminder", ids["first_reminder"]),
                      wait("wait-24h", DAY), send("value", ids["first_value"]),
                      wait("wait-72h", 3 * DAY), send("incentive", ids["first_incentive"])]}


def upgrade_to_pro(ids) -> dict:
    return {"trigger": {"kind": "tenure.reached", "days": 14}, "reentry": {"policy": "once"},
            "audience": {"all": [{"field": "membership_status", "op": "in", "value": ["active"]},
                                 {"field": "tenure_days", "op": "gte", "value": 14}]},
            "goal": {"on": "membership.plan_changed"},
            "exits": [{"on": "membership.cancel_scheduled"}, {"on": "membership.canceled"}, {"on": "payment.failed"}],
            "steps": [send("offer", ids["upgrade_offer"]), wait("wait-48h", 2 * DAY),
                      send("follow-up", ids["upgrade_follow_up"])]}


def payment_failed(ids) -> dict:
    return {"trigger": {"kind": "payment.failed"}, "reentry": {"policy": "per_key"}, "audience": {"all": []},
            "goal": {"on": "payment.succeeded", "same": "payment"},
            "exits": [{"on": "payment.canceled", "same": "payment"}, {"on": "membership.canceled"}],
            "steps": [send("notice", ids["failed_notice"]), wait("wait-24h", DAY),
                      send("downgrade", ids["failed_downgrade"])]}


PRESETS = {
    "first_purchase": ("First Purchase", "nurture", first_purchase,
                       "Three messages to a lead who has not bought: after 1, 24 and 72 hours."),
    "upgrade_to_pro": ("Upgrade to Pro", "upsell", upgrade_to_pro,
                       "Offers the larger plan after two weeks, and once more two days later."),
    "payment_failed": ("Payment Failed", "churnsave", payment_failed,
                       "Tells at once that a payment failed, and offers a smaller plan a day later."),
}


@fills("account.opened", order=50)
def install(account) -> None:
    """Give a new account its templates and the three playbooks, all off, each leaving 10 % of entrants alone."""
    ids = {}
    for key, (name, category, subject, body) in TEMPLATES.items():
        template = Template(name=name, category=category, channel="email", subject=subject, body=body)
        db.session.add(template)
        db.session.flush()
        ids[key] = template.public_id
    for key, (name, kind, plan, about) in PRESETS.items():
        Automation.make(name, kind, plan(ids), about=about, preset=key, hold_out=10)
