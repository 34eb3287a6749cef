"""Webhooks made at the source for the creator, when our address is one that it can reach."""
from flask import current_app

from app.kit import http
from app.spine.db import db
from app.spine.failpoints import point, reach
from app.spine.sources import Away, Busy, Trouble

from ..models import Connection
from .tokens import fresh

MADE = point("hook.before_commit", "the source made a webhook for us, and its secret is not yet committed")


def wanted(connection: Connection) -> bool:
    """Not when one is made already, or somebody pasted the secret of their own."""
    reachable = http.on_the_internet(current_app.config["PUBLIC_URL"])
    free = connection.state == "on" and not connection.webhook_ref and not connection.secrets
    return reachable and free and bool(connection.credential("api_key"))


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
    except (Away, Busy):
        raise                                  # tried again later, like any job
    except Trouble as error:
        hook, words = None, str(error)
    connection = db.session.get(Connection, connection_id, populate_existing=True)
    connection.hook_words = words
    if hook is not None:
        connection.keep(webhook_secret=hook.secret)
        connection.webhook_ref = hook.ref
    reach(MADE)
    db.session.commit()
