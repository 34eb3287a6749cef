"""Acts carried out and taken back, a stretch of people to a transaction: a killed worker's act goes on where it was."""
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from app.kit.clock import now
from app.people import Person
from app.spine.db import current_account_id, db
from app.spine.failpoints import point, reach
from app.spine.jobs import give_way, job, schedule

from .models import BulkAction, BulkChange

STRIDE, KEPT = 1000, 90
CARRIED = point("bulk.before_commit", "a stretch of people was changed and not yet committed")


@job
def carry(action_id: int) -> None:
    """Do it to the next people until all are through, or somebody says stop."""
    while (action := _running(action_id, "running")) is not None:
        ids = list(db.session.scalars(action.chosen.people.with_only_columns(Person.id).where(
            Person.id > action.after_id).order_by(Person.id).limit(min(STRIDE, action.does.stride))))
        if not ids:
            action.state, action.finished_at = "done", now()
            return
        changed, refused = action.does.do(ids, {**action.params, "by": action.created_by})
        _keep(action, {**{one: {"before": before} for one, before in changed.items()},
                       **{one: {"why": why} for one, why in refused.items()}})
        action.done, action.after_id = action.done + len(ids), ids[-1]
        action.changed, action.failed = action.changed + len(changed), action.failed + len(refused)
        reach(CARRIED)
        db.session.commit()
        give_way()


@job
def take_back(action_id: int) -> None:
    """Undo it person by person, as far as it still stands."""
    while (action := _running(action_id, "undoing")) is not None:
        rows = db.session.execute(select(BulkChange.person_id, BulkChange.before).where(
            BulkChange.action_id == action.id, BulkChange.why.is_(None), BulkChange.person_id > action.after_id)
            .order_by(BulkChange.person_id).limit(STRIDE)).all()
        if not rows:
            action.state = "undone"
            return
        kept = action.does.undo({row.person_id: row.before for row in rows}, action.params)
        for why in set(kept.values()):
            theirs = [one for one, reason in kept.items() if reason == why]
            db.session.execute(update(BulkChange).where(
                BulkChange.action_id == action.id, BulkChange.person_id.in_(theirs)).values(why=why))
        action.taken_back, action.after_id = action.taken_back + len(rows) - len(kept), rows[-1].person_id
        reach(CARRIED)
        db.session.commit()
        give_way()


def _running(action_id: int, state: str) -> BulkAction | None:
    """The act as it stands now; None once it is over."""
    db.session.expire_all()
    action = db.session.get(BulkAction, action_id)
    return action if action is not None and action.state == state else None


def _keep(action: BulkAction, rows: dict[int, dict]) -> None:
    if rows:
        moment, account_id = now(), current_account_id()
        db.session.execute(insert(BulkChange), [
            {"before": None, "why": None, **row, "action_id": action.id, "person_id": person_id,
             "account_id": account_id, "created_at": moment} for person_id, row in rows.items()],
            execution_options={"render_nulls": True})


@schedule("25 4 * * *")
def forget_old_acts() -> None:
    """What was done months ago cannot be undone any more; drafts nobody confirmed go too."""
    db.session.execute(delete(BulkAction).where(BulkAction.created_at < now() - timedelta(days=KEPT)))
    db.session.execute(delete(BulkAction).where(BulkAction.state == "draft",
                                                BulkAction.created_at < now() - timedelta(days=1)))
