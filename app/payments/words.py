"""Payments in words: their states, and the story of one."""
from app.accounts import current_account
from app.kit.clock import now
from app.kit.dress import Dress

from .models import Payment

DRESS = Dress(account=current_account, now=now)
BADGES = {"paid": ("Paid", "good"), "failed": ("Failed", "bad"), "requires_action": ("Needs the buyer", "warn"),
          "pending": ("Under way", ""), "canceled": ("Voided", ""), "refunded": ("Refunded", "warn"),
          "partially_refunded": ("Partly refunded", "warn"), "disputed": ("Disputed", "bad")}
KINDS = {"initial": "First payment", "renewal": "Renewal", "upgrade": "Upgrade", "one_time": "One-off payment",
         "manual": "Charged by hand"}


def badge(payment: Payment) -> tuple[str, str]:
    """Label and colour of its state; a recovered one says so."""
    if payment.status == "paid" and payment.recovered:
        return "Recovered", "good"
    return BADGES.get(payment.status, (payment.status.replace("_", " ").capitalize(), ""))


def failure(payment: Payment) -> str | None:
    """Why it failed, in the source's words or the code's."""
    if not payment.failed_at:
        return None
    return payment.failure_message or (payment.failure_code or "no reason given").replace("_", " ").capitalize()


def story(payment: Payment) -> list[dict]:
    """Everything that happened to it, as `bits.timeline` shows it, the latest first."""
    def money(amount):
        return DRESS.money(amount, payment.currency)
    told = [{"at": one.at, "icon": "circle-check", "tone": "good", "what": f"Paid {money(payment.amount)}"}
            if one.outcome == "paid" else
            {"at": one.at, "icon": "credit-card", "tone": "bad", "what": "Attempt failed",
             "text": one.message or (one.code or "No reason given").replace("_", " ").capitalize()}
            for one in payment.attempts]
    told += [{"at": one.at, "icon": "rotate-ccw", "tone": "warn",
              "what": f"{money(one.amount)} given back" if one.amount else "A refund did not go through"}
             for one in payment.refunds]
    for one in payment.disputes:
        told.append({"at": one.at, "icon": "shield", "tone": "bad", "what": f"Disputed {money(one.amount)}"})
        if one.status in ("won", "lost"):
            told.append({"at": one.version, "icon": "shield-check", "tone": "good" if one.status == "won" else "bad",
                         "what": f"Dispute {one.status}"})
    if not payment.attempts and payment.paid_at:
        told.append({"at": payment.paid_at, "icon": "circle-check", "tone": "good",
                     "what": f"Paid {money(payment.amount)}"})
    told.append({"at": payment.opened_at, "icon": "receipt", "what": "Opened"})
    return sorted(told, key=lambda one: one["at"], reverse=True)
