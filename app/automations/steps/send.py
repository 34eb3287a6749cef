"""The step that sends: it writes a message row, which the message ledger carries out."""
from flask import current_app
from sqlalchemy import select

from app.accounts import current_account
from app.kit.dress import Dress
from app.memberships import Membership
from app.messaging import Template, send
from app.payments import Payment
from app.spine.db import db

from .base import Done, Step

CHANNELS = {"email": "Email", "push": "Whop message", "in_app": "In the portal", "sandbox": "Sandbox"}


class SendStep(Step):
    """`template` is a template's public id; `channel` overrides the template's; `on_failure` continue or exit."""
    name, label, icon, about = "send", "Send a message", "send", "One of your templates, to this person."

    @staticmethod
    def read(form):
        spec = {"template": form.get("template", "")}
        if form.get("channel"):
            spec["channel"] = form["channel"]
        return spec | ({"on_failure": "exit"} if form.get("on_failure") == "exit" else {})

    @staticmethod
    def check(spec, path):
        from app.automations.plan import BadPlan
        if not isinstance(spec.get("template"), str) or Template.find(spec["template"]) is None:
            raise BadPlan(f"{path}.template", "choose the message to send")
        if spec.get("channel", "email") not in CHANNELS:
            raise BadPlan(f"{path}.channel", "choose how it is sent")

    @staticmethod
    def words(spec):
        template = db.session.scalar(select(Template).where(Template.public_id == spec["template"]))
        return f"Send “{template.name if template else 'a deleted message'}”"

    @staticmethod
    def run(node, enrollment, person, now):
        template = Template.find(node.spec["template"])
        if template is None:
            return Done("The message to send was deleted.")
        message = send(person, template, channel=node.spec.get("channel"), automation=enrollment.automation,
                       dedupe_key=f"enrollment:{enrollment.id}:{node.id}:{enrollment.visit}", enrollment=enrollment,
                       step=node.id, due_at=enrollment.due_at or now, variables=occasion(enrollment))
        return Done(f"Wrote “{template.name}”.", output={"message": message.public_id})


def occasion(enrollment) -> dict:
    """The values that come with this enrollment: what the playbook offers and what it is about."""
    settings = enrollment.version.spec.get("settings") or {}
    home = current_account().settings.get("website") or current_app.config["PUBLIC_URL"]
    link = settings.get("offer_link") or home
    found = {"offer_link": link, "discount": settings.get("discount"), "pay_link": link, "card_link": link}
    payment = Payment.find(enrollment.subject) if (enrollment.subject or "").startswith("pay_") else None
    if payment is not None:
        membership = payment.membership_ref and db.session.scalar(select(Membership).where(
            Membership.source == payment.source, Membership.external_id == payment.membership_ref))
        where = payment.recovery_url or (membership.manage_url if membership else None) or link
        found |= {"pay_link": where, "card_link": where, "plan_name": payment.plan.label if payment.plan else None,
                  "amount": Dress(account=current_account).money(payment.amount, payment.currency)}
    return found
