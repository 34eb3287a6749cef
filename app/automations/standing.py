"""The automations that are on, as an event meets them: read once a transaction, their conditions understood once a
process. Most events concern none of a hundred; they should find that out without a question to the database."""
from functools import cached_property

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.kit.clock import now as clock
from app.people import PERSON
from app.spine.conditions import EVENT, BadCondition, Once, Ready
from app.spine.db import current_account_id, db
from app.spine.holding import ANSWERS, FLEETING

from .models import Automation, AutomationVersion
from .plan import Plan, read

FLEETING.add("standing")
ANSWERS.add("standing")
_understood: dict[tuple, "Standing"] = {}
MOST = 5000


class Standing:
    """One automation's published plan, ready to be asked."""

    def __init__(self, automation_id: int, plan: Plan):
        self.automation_id, self.plan = automation_id, plan

    @cached_property
    def occasion(self) -> Ready:
        return Ready(EVENT, self.plan.spec["trigger"].get("condition"))

    @cached_property
    def audience(self) -> Ready:
        return Ready(PERSON, self.plan.audience)

    def may_want(self, happened, person: Once) -> bool:
        """False when the verdict would refuse for its trigger or its audience; asking again costs more."""
        if self.plan.days is not None and happened.data.get("days") != self.plan.days:
            return False
        try:
            return self.occasion.matches(happened, clock()) and self.audience.matches(person, clock())
        except BadCondition:
            return False             # the verdict would call it broken


def wanting(happened, person) -> list[int]:
    """Ids of the automations that this event may start for this person, in their order."""
    known = Once(person)
    return [one.automation_id for one in standing().get(happened.kind, ()) if one.may_want(happened, known)]


def standing() -> dict[str, list[Standing]]:
    """Trigger -> what it starts, for the account being served, as of this transaction."""
    held, account_id = db.session.info.setdefault("standing", {}), current_account_id()
    if account_id not in held:
        held[account_id] = _read(account_id)
    return held[account_id]


def _read(account_id: int) -> dict[str, list[Standing]]:
    rows = db.session.execute(select(
        Automation.trigger, Automation.id, Automation.public_id, Automation.version_id).where(
            Automation.enabled_at.is_not(None), Automation.archived_at.is_(None)).order_by(
                Automation.priority, Automation.id)).all()
    keys = [(account_id, row.version_id, row.public_id) for row in rows]
    missing = [key[1] for key in keys if key not in _understood]
    specs = dict(db.session.execute(select(AutomationVersion.id, AutomationVersion.spec).where(
        AutomationVersion.id.in_(missing))).all()) if missing else {}
    if len(_understood) > MOST:
        _understood.clear()
    found: dict[str, list[Standing]] = {}
    for row, key in zip(rows, keys, strict=True):
        if row.version_id in specs:
            _understood[key] = Standing(row.id, read(specs[row.version_id]))
        found.setdefault(row.trigger, []).append(_understood[key])
    return found


@event.listens_for(Session, "after_flush")
def _forget_changed(session, _context):
    if "standing" in session.info and any(isinstance(row, Automation | AutomationVersion)
                                          for row in (*session.new, *session.dirty, *session.deleted)):
        session.info.pop("standing")
