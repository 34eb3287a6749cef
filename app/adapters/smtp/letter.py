"""A parcel as a MIME letter: text and HTML, headers that refuse line breaks, a Message-ID made of the key."""
import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime

from app.kit.clock import real_now
from app.spine.sockets import Parcel

PLAIN = re.compile(r"[^@\s\x00-\x1f<>()\[\],;:\"]+@[^@\s\x00-\x1f<>()\[\],;:\"]+")


def message_id(parcel: Parcel, sender: str) -> str:
    """The same on every try of the same message, so that a double can be recognised."""
    return f"<{hashlib.sha256(parcel.key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


class BadAddress(ValueError):
    """Not one plain address."""


def letter(parcel: Parcel, sender: str) -> EmailMessage:
    """The letter; raises BadAddress for the recipient, ValueError for a header that cannot be."""
    if len(parcel.to) > 254 or not PLAIN.fullmatch(parcel.to):
        raise BadAddress("this is no email address")
    mail = EmailMessage(policy=LINES.clone(utf8=not parcel.to.isascii()))
    mail["From"] = Address(parcel.sender_name, addr_spec=sender)
    mail["To"] = parcel.to
    mail["Subject"] = parcel.subject
    mail["Date"] = format_datetime(real_now())
    mail["Message-ID"] = message_id(parcel, sender)
    for name, value in parcel.headers.items():
        mail[name] = value
    mail.set_content(parcel.text or "")
    if parcel.html:
        mail.add_alternative(parcel.html, subtype="html")
    return mail
