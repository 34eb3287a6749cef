"""Imports at work in the background, a slice at a time, one for each account."""
import time
from datetime import timedelta

from sqlalchemy import delete, select

from app.kit.clock import now
from app.spine.db import across_accounts, current_account_id, db
from app.spine.jobs import job, schedule
from app.spine.keeping import keeps

from ..models import CANCELED, CHECKED, CHECKING, MAPPING, REVERSING, RUNNING, UNDO_DAYS, Import, ImportedRow, Piece
from .checking import check
from .pieces import room
from .taking import run
from .undoing import undo

WORK = {CHECKING: check, RUNNING: run, REVERSING: undo}
DAY = 86_400
ABANDONED = 7                              # days after which an upload that nobody went on with is let go
keeps("What imports did, for their undo", ImportedRow, "created_at", UNDO_DAYS)


def wake() -> None:
    """The account's imports go on."""
    account_id = current_account_id()
    go_on.later(account_id, key=f"imports:{account_id}")


@job(queue="books")
def go_on(account_id: int) -> None:
    """A slice of each import that is at work, the oldest first; again at once while one has more to do."""
    more = False
    for import_id in db.session.scalars(select(Import.id).where(Import.state.in_(WORK)).order_by(Import.id)).all():
        one = db.session.get(Import, import_id)
        more = WORK[one.state](one) or more
    if more:
        wake()


@schedule("*/10 * * * *", queue="books")
def sweep() -> None:
    """Imports at work whose job was given up or lost get one."""
    with across_accounts():
        for account_id in db.session.scalars(select(Import.account_id).where(Import.state.in_(WORK)).distinct()):
            go_on.later(account_id, key=f"imports:{account_id}", account=account_id)


@schedule("50 3 * * *", queue="books")
def forget_abandoned() -> None:
    """Uploads that nobody went on with, and refused rows that can no longer be mended here."""
    with across_accounts():
        for one in db.session.scalars(select(Import).where(
                Import.state.in_((MAPPING, CHECKED)), Import.created_at < now() - timedelta(days=ABANDONED))):
            one.move(CANCELED)
        old = select(Import.id).where(Import.ended_at < now() - timedelta(days=ABANDONED))
        db.session.execute(delete(Piece).where(Piece.import_id.in_(old)).execution_options(synchronize_session=False))
    for path in room().iterdir():
        if time.time() - path.stat().st_mtime > DAY:
            path.unlink(missing_ok=True)
