"""Tables of the payments room."""
from .payment import COUNTED, RECOVERY, Alias, Attempt, Dispute, Payment, Refund
from .rate import Rate, convert, rate_at

__all__ = ["COUNTED", "RECOVERY", "Alias", "Attempt", "Dispute", "Payment", "Rate", "Refund", "convert", "rate_at"]
