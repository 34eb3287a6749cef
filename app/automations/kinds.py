"""What automations say."""
from app.spine.events import kind

kind("playbook.entered", "Entered a playbook", "playbook", "workflow", "entered {playbook}", ("playbook",))
kind("playbook.left", "Left a playbook", "playbook", "log-out", "left {playbook}: {why}", ("playbook", "reason"),
     trigger=False)
kind("tenure.reached", "Has been a member for", "playbook", "calendar", "has been a member for {days} days",
     ("days",))
kind("inactivity.reached", "Has been quiet for", "playbook", "moon", "has been quiet for {days} days", ("days",))
kind("custom_event", "Event from outside", "system", "webhook", "{name}", ("name",))
