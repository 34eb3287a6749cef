"""Which vendor carries a message, and the address it carries it to."""
from flask import current_app
from sqlalchemy import select

from app.accounts import current_account
from app.connections import Connection
from app.kit.crypto import CannotOpen
from app.people import Identity
from app.spine.db import db
from app.spine.sockets import CHANNELS, Parcel, Receipt

from .models import MailServer


class NoCarrier(RuntimeError):
    """The channel is not set up; the words say what to do."""


@CHANNELS.offers("in_app")
class InApp:
    """The person's inbox in the portal: the message's own row is it, so keeping it is delivering it."""
    keyed, delivers = True, True

    def __init__(self, settings: dict):
        self.settings = settings

    def deliver(self, parcel: Parcel) -> Receipt:
        return Receipt("sent", provider_id=f"in_app:{parcel.key}")


def vendor(channel: str) -> str:
    """The name of the vendor at the socket; a demo account never leaves the house."""
    return "sandbox" if current_account().demo and channel != "in_app" else channel


def carrier(channel: str):
    """The channel, built with the account's credentials as plain values; raises NoCarrier in words."""
    name = vendor(channel)
    if name not in CHANNELS:
        raise NoCarrier(f"Nothing here carries {channel} messages.")
    return CHANNELS[name](SETTINGS.get(name, dict)())


def _mail() -> dict:
    try:
        own = MailServer.url()
    except CannotOpen:
        raise NoCarrier("The mail server's password cannot be read any more. Write it again under Settings, "
                        "Sending.") from None
    url = own or current_app.config["SMTP_URL"]
    if not url:
        raise NoCarrier("Email is not set up yet. Add a mail server under Settings, Sending.")
    guard = bool(own) and not current_app.config["OUTSIDE_PRIVATE"]
    return {"url": url, "sender": current_app.config["SMTP_FROM"], "guard": guard}


def _push() -> dict:
    connection = db.session.scalar(select(Connection).where(
        Connection.source == "whop", Connection.state == "on").order_by(Connection.id))
    if connection is None:
        raise NoCarrier("Whop is not connected. Connect it under Settings, Connections.")
    return {"connection": connection}


SETTINGS = {"email": _mail, "push": _push}


def address_of(person, channel: str) -> str | None:
    """Where this channel reaches the person, None when it cannot."""
    if channel == "push":
        return db.session.scalar(select(Identity.value).where(
            Identity.person_id == person.id, Identity.kind == "whop_user").order_by(Identity.id).limit(1))
    return person.public_id if channel == "in_app" else person.email or (
        person.public_id if channel == "sandbox" else None)
