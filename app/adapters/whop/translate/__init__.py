"""Whop's resources in our words, a module per noun.

Status comes from the object, never from the event's name: several events may carry the same state, and order is not
promised. Versions are the object's `updated_at` plus its status's rank in microseconds (memberships.RANK,
payments.RANK), so that two states of the same instant always end the same way.
"""
from app.connections import Envelope
from app.spine.facts import Fact

from . import activity, invoices, memberships, money_back, offers, payments, people

NOUNS = {"membership": memberships.facts, "payment": payments.facts, "refund": money_back.refund,
         "dispute": money_back.dispute, "invoice": invoices.facts, "member": people.member, "entry": people.entry,
         "course_lesson_interaction": activity.lesson, "chat.message": activity.message,
         "chat.reaction": activity.reaction, "setup_intent": activity.card_saved,
         "resolution_center_case": activity.case, "product": offers.product, "plan": offers.plan}


def translate(envelope: Envelope) -> list[Fact]:
    """The facts of one webhook; [] for kinds we keep but do not use (payouts, exports, dispute alerts)."""
    reader = NOUNS.get(envelope.kind.rpartition(".")[0])
    return reader(envelope) if reader else []
