"""Access tokens of those who signed in at the source: renewed shortly before they run out, once, however many ask."""
from datetime import timedelta

from sqlalchemy import or_, update

from app.kit.clock import real_now
from app.spine.db import db
from app.spine.failpoints import point, reach
from app.spine.sources import Denied

from ..models.connection import Apart, Connection

SOON, LEASE = timedelta(minutes=5), timedelta(seconds=60)
RENEWED = point("token.before_commit", "the source gave new tokens, and they are not yet committed")


def due(held: Apart, within: timedelta = SOON) -> bool:
    until = held.token_until
    return bool(until and held.credential("refresh_token")) and until < real_now() + within


def fresh(connection_id: int, held: Apart, within: timedelta = SOON) -> Apart:
    """The credentials with a token that lasts; the same when it does already. Never inside a transaction.

    The refresh token changes with every use, so one at a time asks; who comes second goes on with what there is.
    """
    if not due(held, within):
        return held
    free = or_(Connection.renewing_until.is_(None), Connection.renewing_until < real_now())
    mine = db.session.execute(update(Connection).where(Connection.id == connection_id, free).values(
        renewing_until=real_now() + LEASE).execution_options(synchronize_session=False)).rowcount == 1
    db.session.commit()
    if not mine:
        return held
    connection = db.session.get(Connection, connection_id, populate_existing=True)
    held, vendor = connection.apart(), connection.vendor
    db.session.rollback()
    if not due(held, within):
        return held                            # somebody has just done it
    try:
        tokens = vendor.oauth.renew(held.credential("refresh_token"))
    except Denied as error:
        connection = db.session.get(Connection, connection_id)
        connection.renewing_until = None
        connection.unwell(str(error), halt=True)
        db.session.commit()
        raise
    connection = db.session.get(Connection, connection_id, populate_existing=True)
    connection.sign(tokens)                    # both, together: the one used is worth nothing any more
    connection.renewing_until = None
    held = connection.apart()
    reach(RENEWED)
    db.session.commit()
    return held
