"""What payments say."""
from app.spine.events import kind

MONEY = ("amount", "currency", "plan", "attempts", "failure_code", "recovered", "payment")
kind("payment.succeeded", "Payment succeeded", "payment", "circle-check", "paid {money}", MONEY)
kind("payment.failed", "Payment failed", "payment", "credit-card", "payment of {money} failed: {why}", MONEY)
kind("payment.pending", "Payment pending", "payment", "clock", "payment of {money} is under way", MONEY)
kind("payment.action_required", "Payment needs the buyer", "payment", "credit-card",
     "payment of {money} waits for a confirmation by the buyer", MONEY)
kind("payment.canceled", "Payment canceled", "payment", "x", "payment of {money} was canceled", MONEY)
kind("payment.refunded", "Payment refunded", "payment", "rotate-ccw", "got {money} back", MONEY)
kind("payment.disputed", "Payment disputed", "payment", "shield", "disputed {money}", MONEY)
kind("payment.dispute_closed", "Dispute closed", "payment", "shield-check", "dispute over {money}: {outcome}",
     (*MONEY, "outcome"))
