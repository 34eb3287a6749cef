"""What memberships say."""
from app.spine.events import kind

FIELDS = ("plan", "status", "reason", "membership", "first")
kind("membership.trialing", "Trial began", "membership", "clock", "began a trial of {plan}", FIELDS)
kind("membership.activated", "Joined", "membership", "user-plus", "joined {plan}", FIELDS)
kind("membership.past_due", "Past due", "membership", "credit-card", "is past due on {plan}", FIELDS)
kind("membership.cancel_scheduled", "Will leave", "membership", "log-out", "will leave {plan} at the end of the period",
     FIELDS)
kind("membership.cancel_withdrawn", "Stays after all", "membership", "heart", "decided to stay on {plan}", FIELDS)
kind("membership.paused", "Paused", "membership", "pause", "paused {plan}", FIELDS)
kind("membership.resumed", "Resumed", "membership", "play", "resumed {plan}", FIELDS)
kind("membership.plan_changed", "Changed plan", "membership", "repeat", "moved from {previous} to {plan}",
     (*FIELDS, "previous", "direction"))
kind("membership.canceled", "Left", "membership", "user-minus", "left {plan}", FIELDS)
kind("membership.trial_ending", "Trial ends soon", "membership", "clock", "has a trial of {plan} that ends soon",
     FIELDS)
