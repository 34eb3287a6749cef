"""The work that leaves the house: dispatching an account's messages, and the minute's sweep that finds all of them."""
from datetime import timedelta

from sqlalchemy import select, update

from app.accounts import Account
from app.kit.clock import now, real_now
from app.spine.db import across_accounts, as_account, db
from app.spine.jobs import job, schedule
from app.spine.slots import fills

from .models import Message
from .pipeline import attempt, claim, reap
from .sending import wake

TURN = 100          # messages before another account's turn comes


@job(queue="outside", tries=3)
def dispatch(account_id: int) -> None:
    """Send what is due for one account, then see to it that the next is looked at in time."""
    reap()
    done = 0
    while done < TURN and (claimed := claim()):
        for message_id, lease in claimed:
            attempt(message_id, lease)
        done += len(claimed)
    following = _next()
    if following is not None:
        wake(following)


def _next():
    from .settings import Sending
    if Sending.of().stopped():
        return None
    return db.session.scalar(select(Message.due_at).where(Message.state == "queued").order_by(Message.due_at).limit(1))


@fills("worker.began")
def nobody_attempts() -> None:
    """The only worker begins: what is marked as being attempted was left by one that died, so its lease is over."""
    with across_accounts():
        db.session.execute(update(Message).where(Message.state == "attempting").values(
            lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))
    sweep.function()


@schedule("* * * * *")
def sweep() -> None:
    """Wake every account that has something due or left behind; finds what a lost job would have sent."""
    with across_accounts():
        ids = db.session.scalars(select(Account.id).order_by(Account.id)).all()
    for account_id in ids:
        with as_account(account_id):
            if _waits():
                wake(now())


def _waits() -> bool:
    left = select(Message.id).where(Message.state.in_(("claimed", "attempting"))).limit(1)
    due = select(Message.id).where(Message.state == "queued", Message.due_at <= now()).limit(1)
    return any(db.session.scalar(query) is not None for query in (left, due))
