"""Money that moved or tried to: payments with their attempts, refunds and disputes, and exchange rates.

Tables: payments, payment_aliases, attempts, refunds, disputes, fx_rates.
Says: payment.succeeded, payment.failed, payment.pending, payment.action_required, payment.canceled,
payment.refunded, payment.disputed, payment.dispute_closed.
Front door: Payment, Attempt, Refund, Dispute, Rate, convert(amount, currency, at) -> int | None, COUNTED, RECOVERY.
Slots: payments.settled (fn(payment)),
books.imported (fn(person_ids)), rates.changed (fn(currency)), payment.panel (fn(payment) -> html).
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .models import COUNTED, RECOVERY, Attempt, Dispute, Payment, Rate, Refund, convert, rate_at

__all__ = ["COUNTED", "RECOVERY", "Attempt", "Dispute", "Payment", "Rate", "Refund", "convert", "rate_at"]
