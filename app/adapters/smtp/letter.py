"""A parcel as a MIME letter: text and HTML, headers that refuse line breaks, a Message-ID made of the key."""
import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime, formataddr

from app.kit.clock import real_now
from app.spine.sockets import Parcel


def message_id(parcel: Parcel, sender: str) -> str:
    """The same on every try of the same message, so that a double can be recognised."""
    return f"<{hashlib.sha256(parcel.key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


def letter(parcel: Parcel, sender: str) -> EmailMessage:
    """The letter; raises ValueError for an address or header that cannot be."""
    mail = EmailMessage(policy=LINES)
    mail["From"] = Address(parcel.sender_name, addr_spec=sender) if sender.isascii() else formataddr(
        (parcel.sender_name, sender))
    try:
        mail["To"] = Address(addr_spec=parcel.to)
    except (ValueError, IndexError, AttributeError) as error:
        raise ValueError(f"Address refused: {error}") from None
    except Exception as error:                     # email.errors of the header parser
        raise ValueError(f"Address refused: {type(error).__name__}") from None
    mail["Subject"] = parcel.subject
    mail["Date"] = format_datetime(real_now())
    mail["Message-ID"] = message_id(parcel, sender)
    for name, value in parcel.headers.items():
        mail[name] = value
    mail.set_content(parcel.text or "")
    if parcel.html:
        mail.add_alternative(parcel.html, subtype="html")
    return mail
