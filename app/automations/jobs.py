"""What the engine does by the clock."""
from sqlalchemy import func, select

from app.kit.clock import now
from app.people import Person
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.jobs import job, schedule

from . import engine
from .arrivals import arrival, reached
from .entering import enter
from .models import LIVE, Automation, Enrollment
from .plan import TIMED

BATCH = 200


@job
def tick(account_id: int) -> None:
    """Advance what is due, then ask to be woken when the next thing is."""
    ids = engine.due(BATCH)
    engine.advance_all(ids)
    following = now() if len(ids) == BATCH else next_due()
    if following is not None:
        tick.later(account_id, key=f"automations:{account_id}", at=max(following, now()))


def next_due():
    """When the account's next step is due; None when nothing waits. What could not be advanced waits for the sweep."""
    return db.session.scalar(
        select(func.min(Enrollment.due_at)).join(Automation, Automation.id == Enrollment.automation_id)
        .where(Enrollment.state.in_(LIVE), Enrollment.due_at > now(), Automation.enabled_at.is_not(None),
               Automation.archived_at.is_(None)))


@schedule("* * * * *")
def sweep() -> None:
    """The net below the wake-ups: every account with something due gets its tick."""
    for account_id in db.session.scalars(
            select(Enrollment.account_id).join(Automation, Automation.id == Enrollment.automation_id).where(
                Enrollment.state.in_(LIVE), Enrollment.due_at <= now(), Automation.enabled_at.is_not(None),
                Automation.archived_at.is_(None)).distinct().order_by(Enrollment.account_id)).all():
        tick.later(account_id, account=account_id, key=f"automations:{account_id}")


@schedule("*/10 * * * *")
def look_at_the_calendar() -> None:
    """Tenure and silence produce no event by themselves; this makes them."""
    waiting = db.session.scalars(select(Automation).where(
        Automation.trigger.in_(TIMED), Automation.enabled_at.is_not(None),
        Automation.archived_at.is_(None))).all()
    for automation_id, account_id in [(one.id, one.account_id) for one in waiting]:
        calendar.later(automation_id, account=account_id, key=f"calendar:{automation_id}")


@job
def calendar(automation_id: int, after: int = 0) -> None:
    """Let in everybody who has reached the automation's number of days, a batch of people (by id) at a time."""
    automation = db.session.get(Automation, automation_id)
    if automation is None or not automation.on or automation.plan.days is None:
        return
    people = db.session.scalars(reached(automation).where(Person.id > after).limit(BATCH)).all()
    for person in people:
        event = arrival(automation, person)
        told = record(event.kind, person, key=event.key, source=event.source, **event.data)
        if told is None:             # told before, for another automation
            told = db.session.scalar(select(Event).where(Event.source == event.source, Event.key == event.key))
            enter(automation, person, told)
    if len(people) == BATCH:
        calendar.later(automation_id, people[-1].id, key=f"calendar:{automation_id}:{people[-1].id}")
