"""The words of one message for one person: slots filled, Markdown made safe, links tracked, dressed as a letter."""
from dataclasses import dataclass

from flask import current_app, render_template

from app.accounts import current_account
from app.spine.sockets import Parcel

from .carriers import address_of
from .markdown import as_html, as_text, trusted
from .models import Message
from .settings import Sending
from .tracking import tracked
from .variables import Missing, fill, values


@dataclass(frozen=True)
class Words:
    """A subject, the plain text, and a safe HTML fragment."""
    subject: str
    text: str
    html: str


def write(subject: str, body: str, person, message=None, given: dict | None = None) -> Words:
    """The words for one person; raises Missing when a slot stays empty."""
    found = values((subject, body), person, message, given)
    return Words(" ".join(fill(subject, found).split()), as_text(body, found), as_html(body, found))


def compose(message: Message, person) -> Parcel:
    """Freeze the words on the row and pack them for the channel. Raises Missing."""
    if message.template is None:
        raise Missing("template")
    subject, body = message.template.words(message.template_version)
    message.address = address_of(person, message.channel)
    words = tracked(message, write(subject, body, person, message, message.variables))
    message.subject, message.body_text, message.body_html = words.subject, words.text, words.html
    return pack(message, words)


def pack(message: Message, words: Words) -> Parcel:
    """The parcel: letterhead, footer and headers around the words."""
    sending = Sending.of()
    name, sender = sending.letterhead()
    stop = None if message.category == "transactional" else unsubscribe_url(message.token)
    pixel = f"{base()}/t/o/{message.token}.gif" if sending.track_opens and message.channel == "email" else None
    html, text = "", words.text
    if message.channel == "email":
        html, text = dress(words, sending, stop, pixel)
    return Parcel(key=message.public_id, to=message.address or "", subject=words.subject, text=text, html=html,
                  sender=sender, sender_name=name, headers=headers(message, stop), link=first_link(message))


def dress(words: Words, sending: Sending, stop: str | None = None, pixel: str | None = None) -> tuple[str, str]:
    """(html, text) of a whole letter with its footer."""
    told = {"words": words, "body": trusted(words.html), "creator": current_account().name,
            "postal": sending.postal_address, "stop": stop, "pixel": pixel}
    return render_template("messages/letter.html", **told), render_template("messages/letter.txt", **told)


def headers(message: Message, stop: str | None) -> dict:
    """What mail programs need to offer one-click unsubscribe and to send no automatic replies."""
    kept = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Entity-Ref-ID": message.public_id}
    if stop:
        host = base().split("//")[-1].split("/")[0].split(":")[0]
        kept |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                 "List-Id": f"<{message.category}.{current_account().public_id.lower().replace('_', '-')}.{host}>",
                 "Precedence": "bulk"}
    return kept


def unsubscribe_url(token: str) -> str:
    return f"{base()}/u/{token}"


def base() -> str:
    return current_app.config["PUBLIC_URL"]


def first_link(message: Message) -> str:
    """Where a push leads: the first link in its words, on our own tracked path."""
    marker = f"{base()}/t/c/"
    start = (message.body_text or "").find(marker)
    return "/t/c/" + message.body_text[start + len(marker):].split()[0] if start >= 0 else ""
