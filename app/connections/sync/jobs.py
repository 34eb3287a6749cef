"""Reading in the background, the nightly sweep, webhooks made for the creator, tokens kept fresh."""
from datetime import timedelta

from sqlalchemy import or_, select

from app.kit.clock import now, real_now
from app.spine.db import across_accounts, as_account, db
from app.spine.jobs import job, schedule

from ..models import Connection
from . import hooks, tokens
from .models import Sync
from .reading import read

LEFT, LATELY = timedelta(minutes=5), timedelta(hours=6)


@job(queue="sync")
def read_on(sync_id: int) -> None:
    """One turn of reading; the rest is another job, so that others get theirs."""
    resume = read(sync_id)
    if resume is not None:
        sync = db.session.get(Sync, sync_id)
        read_on.later(sync_id, key=f"sync:{sync.connection_id}", at=resume)


@job(queue="sync", tries=4)
def hook_up(connection_id: int) -> None:
    """Have the source send its webhooks here."""
    hooks.make(connection_id)


@job(queue="sync", tries=4)
def renew(connection_id: int) -> None:
    """A new access token before the old one runs out."""
    held = db.session.get(Connection, connection_id).apart()
    db.session.rollback()
    tokens.fresh(connection_id, held, timedelta(minutes=20))


@schedule("20 4 * * *", queue="sync")
def nightly() -> None:
    """Sweep every connection that has been read once, not just now, and whose key is good."""
    done = select(Sync.id).where(Sync.connection_id == Connection.id, Sync.state == "done")
    lately = done.where(Sync.finished_at > now() - LATELY).exists()
    for account_id, connection_id in _each(Connection.halted_at.is_(None), done.exists(), ~lately):
        with as_account(account_id):
            Sync.begin(db.session.get(Connection, connection_id), "nightly")


@schedule("*/10 * * * *", queue="sync")
def look_after() -> None:
    """Readings that lost their job go on, and tokens that run out soon are renewed."""
    with across_accounts():
        left = db.session.execute(select(Sync.id, Sync.account_id, Sync.connection_id).where(
            Sync.state == "running", Sync.touched_at < now() - LEFT,
            or_(Sync.resume_at.is_(None), Sync.resume_at <= now()))).all()
    for row in left:
        read_on.later(row.id, key=f"sync:{row.connection_id}", account=row.account_id)
    for account_id, connection_id in _each(Connection.token_until < real_now() + timedelta(minutes=20)):
        renew.later(connection_id, key=f"token:{connection_id}", account=account_id)


def _each(*where) -> list[tuple[int, int]]:
    with across_accounts():
        return [(row.account_id, row.id) for row in db.session.execute(
            select(Connection.account_id, Connection.id).where(Connection.state == "on", *where))]
