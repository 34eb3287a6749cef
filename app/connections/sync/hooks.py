"""Webhooks made at the source for the creator, when our address is one that it can reach."""
import ipaddress
from urllib.parse import urlsplit

from flask import current_app

from app.spine.db import db
from app.spine.failpoints import point, reach
from app.spine.sources import Trouble

from ..models import Connection
from .tokens import fresh

MADE = point("hook.before_commit", "the source made a webhook for us, and its secret is not yet committed")


def reachable() -> bool:
    """Whether the source could send something to PUBLIC_URL."""
    parts = urlsplit(current_app.config["PUBLIC_URL"])
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" and ipaddress.ip_address(host).is_global
    except ValueError:
        return parts.scheme == "https" and "." in host and not host.endswith((".local", ".localhost", ".internal"))


def wanted(connection: Connection) -> bool:
    """Not when one is made already, or somebody pasted the secret of their own."""
    return reachable() and connection.state == "on" and not connection.webhook_ref and not connection.secrets and bool(
        connection.credential("api_key"))


def make(connection_id: int) -> None:
    """Ask outside a transaction, then keep id and secret together. Found again by its address if we die between."""
    connection = db.session.get(Connection, connection_id, populate_existing=True)
    if connection is None or not wanted(connection):
        db.session.rollback()
        return
    url = current_app.config["PUBLIC_URL"] + connection.webhook_path
    held, vendor = connection.apart(), connection.vendor
    db.session.rollback()
    try:
        hook, words = vendor.hook(fresh(connection_id, held), url), None
    except Trouble as error:
        hook, words = None, str(error)
    connection = db.session.get(Connection, connection_id, populate_existing=True)
    connection.hook_words = words
    if hook is not None:
        connection.keep(webhook_secret=hook.secret)
        connection.webhook_ref = hook.ref
    reach(MADE)
    db.session.commit()


def unmake(connection: Connection):
    """A call that takes the webhook away, to be made outside a transaction; None when there is nothing to take."""
    if not connection.webhook_ref or not connection.credential("api_key"):
        return None
    held, vendor, ref = connection.apart(), connection.vendor, connection.webhook_ref

    def call() -> str | None:
        """Words for people when it could not be done."""
        try:
            vendor.unhook(held, ref)
        except Trouble:
            return f"{vendor.label} did not let us remove its webhook. Remove it there by hand."
        return None
    return call
