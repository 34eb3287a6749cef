"""Messages in words: what state they are in and why."""
from .models import Message
from .models.template import CHANNEL_NAMES

BADGES = {"draft": ("Draft", "", "pencil"), "queued": ("Waiting", "", "clock"),
          "held": ("Held", "warn", "circle-pause"), "claimed": ("Sending", "info", "send"),
          "attempting": ("Sending", "info", "send"),
          "sent": ("Sent", "good", "circle-check"), "delivered": ("Delivered", "good", "circle-check"),
          "bounced": ("Bounced", "bad", "circle-alert"), "complained": ("Spam report", "bad", "circle-alert"),
          "failed": ("Failed", "bad", "circle-alert"), "unclear": ("Unclear", "warn", "circle-question-mark"),
          "skipped": ("Not sent", "", "ban"), "canceled": ("Canceled", "", "ban")}
WHY = {"draft": "Somebody is still writing it.", "queued": "It goes out when it is due.",
       "claimed": "It is about to go out.", "attempting": "It is being handed over right now.",
       "sent": "It was accepted for delivery.", "delivered": "It arrived.", "bounced": "It could not be delivered.",
       "complained": "The person marked it as spam. We write no more marketing to this address.",
       "failed": "It was refused for good.", "skipped": "It was not sent.", "canceled": "It was canceled.",
       "unclear": "It may or may not have gone out. We do not repeat it unless you say so.",
       "held": "It waits for your decision."}


def why(message: Message) -> str:
    """One or two sentences on why a message is where it is."""
    said = WHY[message.state]
    return f"{said} {message.reason_words}" if message.reason_words else said


def title(message: Message) -> str:
    return message.subject or (message.template.name if message.template else "A message without a template")


def channel(message: Message) -> str:
    """By what it went; a sandbox is called one."""
    name = CHANNEL_NAMES.get(message.channel, message.channel)
    boxed = (message.provider_id or "").startswith("sandbox:") and message.channel != "sandbox"
    return f"{name}, sandbox" if boxed else name


TRAITS = {"badges": BADGES, "why": why, "title": title, "channel_words": channel}
