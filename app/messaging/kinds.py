"""The events that messages say, in words."""
from app.spine.events import kind

FIELDS = ("message", "template", "automation", "channel", "subject")

kind("message.sent", "Message sent", "message", "send", "Sent “{subject}” by {channel}", FIELDS)
kind("message.delivered", "Message delivered", "message", "check", "“{subject}” arrived", FIELDS)
kind("message.opened", "Message opened", "message", "eye", "Opened “{subject}”", (*FIELDS, "human"))
kind("message.clicked", "Link clicked", "message", "link", "Followed a link in “{subject}”", (*FIELDS, "url", "human"))
kind("message.bounced", "Message bounced", "message", "circle-alert", "“{subject}” could not be delivered", FIELDS)
kind("message.complained", "Marked as spam", "message", "ban", "Called “{subject}” spam", FIELDS)
kind("message.unsubscribed", "Unsubscribed", "message", "ban", "Stopped {topic}", (*FIELDS, "topic"))
kind("message.failed", "Message failed", "message", "circle-alert", "“{subject}” failed: {reason}", (*FIELDS, "reason"))
