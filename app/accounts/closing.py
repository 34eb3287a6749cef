"""Leaving: an account that closes sends nothing any more, can be kept for ninety days, and is then gone for good."""
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import delete, select

from app.kit.clock import now
from app.spine.db import across_accounts, db
from app.spine.installation import Mark
from app.spine.jobs import schedule

from .audit import note
from .chain import rewriting, tip_of
from .models import Account, Seat, User

GRACE = timedelta(days=90)
log = structlog.get_logger("accounts")


def close(account: Account) -> date:
    """Begin to leave; the day on which everything goes."""
    account.settings = {**(account.settings or {}), "closing": now().isoformat()}
    note(db.session, "close", "accounts", account.public_id, account_id=account.id)
    return last_day(account)


def keep(account: Account) -> None:
    """Stay after all."""
    account.settings = {name: value for name, value in (account.settings or {}).items() if name != "closing"}
    note(db.session, "keep", "accounts", account.public_id, account_id=account.id)


def last_day(account: Account | None) -> date | None:
    """When a closing account goes, None when it stays."""
    began = ((account and account.settings) or {}).get("closing")
    return (datetime.fromisoformat(began) + GRACE).astimezone(account.zone).date() if began else None


def remove(account: Account) -> None:
    """Everything of an account, at once: people, money, messages, trail; and users who had no other seat."""
    slug, account_id = account.slug, account.id
    with across_accounts():
        users = db.session.scalars(select(Seat.user_id).where(Seat.account_id == account_id)).all()
        with rewriting(db.session):
            db.session.execute(delete(Account).where(Account.id == account_id).execution_options(
                synchronize_session=False))
        db.session.execute(delete(Mark).where(Mark.name == tip_of(account_id)))
        seated = select(Seat.user_id).where(Seat.user_id.in_(users))
        db.session.execute(delete(User).where(User.id.in_(users), User.id.not_in(seated)).execution_options(
            synchronize_session=False))
    db.session.expunge_all()
    log.info("account.removed", account=slug)


@schedule("10 4 * * *", queue="books")
def remove_closed() -> None:
    """Accounts whose ninety days are over, one a night."""
    with across_accounts():
        for account in db.session.scalars(select(Account).order_by(Account.id)):
            began = (account.settings or {}).get("closing")
            if began and datetime.fromisoformat(began) + GRACE < now():
                remove(account)
                return
