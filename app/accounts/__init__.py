"""Who we serve: the account tree, users, seats and roles, sign-in, settings and the audit trail.

Tables: accounts, users, seats, sign_ins, sign_in_links, api_tokens, audits.
Front door: Account, User, Seat, current_account(), open_account(slug), link_for(email), team() -> users with a seat
here, audited(session, action, ...), tally(what) and tallied(what): how often something happened in 24 hours.
"""
from sqlalchemy import select

from app.spine.db import current_account_id, db
from app.spine.holding import FLEETING

from .models import Account, Seat, User, account_by_slug


def current_account() -> Account:
    """The account being served; raises NoAccount when none is."""
    account_id, held = current_account_id(), db.session.info.get("account")
    if held is None or held.id != account_id or held not in db.session:
        held = db.session.info["account"] = db.session.get(Account, account_id)
    return held


FLEETING.add("team")


def team() -> list[User]:
    """Everybody with a seat at the account being served, by what they are called."""
    held, account_id = db.session.info.setdefault("team", {}), current_account_id()
    if account_id not in held:
        users = db.session.scalars(select(User).join(Seat, Seat.user_id == User.id).where(
            Seat.account_id == account_id, User.disabled_at.is_(None)))
        held[account_id] = sorted(users, key=lambda user: (user.label.lower(), user.id))
    return held[account_id]


from .audit import Audit, by_command  # noqa: E402 - needs the models above
from .audit import note as audited  # noqa: E402
from .chain import forget as forget_in_audits  # noqa: E402
from .desk import can  # noqa: E402
from .limits import tallied, tally  # noqa: E402
from .opening import link_for, open_account  # noqa: E402 - needs the models above
from .trail import BadDay, Trail  # noqa: E402

__all__ = ["Account", "Audit", "BadDay", "Seat", "Trail", "User", "account_by_slug", "audited", "by_command",
           "can", "current_account", "forget_in_audits", "link_for", "open_account", "tallied", "tally", "team"]
