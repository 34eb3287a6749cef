"""What the engine does by the clock."""
from datetime import timedelta

from sqlalchemy import func, select

from app.kit.clock import now
from app.people import Person
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.jobs import job, schedule

from . import engine
from .entering import enter
from .models import LIVE, Automation, Enrollment

BATCH = 200


@job
def tick(account_id: int) -> None:
    """Advance what is due, then ask to be woken when the next thing is."""
    ids = engine.due(BATCH)
    for enrollment_id in ids:
        engine.advance(enrollment_id)
    following = now() if len(ids) == BATCH else next_due()
    if following is not None:
        tick.later(account_id, key=f"automations:{account_id}", at=max(following, now()))


def next_due():
    """When the account's next step is due; None when nothing waits. What could not be advanced waits for the sweep."""
    return db.session.scalar(
        select(func.min(Enrollment.due_at)).join(Automation, Automation.id == Enrollment.automation_id)
        .where(Enrollment.state.in_(LIVE), Enrollment.due_at > now(), Automation.enabled_at.is_not(None)))


@schedule("* * * * *")
def sweep() -> None:
    """The net below the wake-ups: every account with something due gets its tick."""
    for account_id in db.session.scalars(select(Enrollment.account_id).where(
            Enrollment.state.in_(LIVE), Enrollment.due_at <= now()).distinct()).all():
        tick.later(account_id, account=account_id, key=f"automations:{account_id}")


@schedule("*/10 * * * *")
def look_at_the_calendar() -> None:
    """Tenure and silence produce no event by themselves; this makes them."""
    waiting = db.session.scalars(select(Automation).where(
        Automation.trigger.in_(("tenure.reached", "inactivity.reached")), Automation.enabled_at.is_not(None),
        Automation.archived_at.is_(None))).all()
    for automation_id, account_id in [(one.id, one.account_id) for one in waiting]:
        calendar.later(automation_id, account=account_id, key=f"calendar:{automation_id}")


@job
def calendar(automation_id: int) -> None:
    """Let in everybody who has reached the automation's number of days, in batches."""
    automation = db.session.get(Automation, automation_id)
    if automation is None or not automation.on:
        return
    for person in db.session.scalars(reached(automation).limit(BATCH)).all():
        days, since = days_of(automation), since_of(automation.trigger, person)
        key = f"{automation.trigger}:{person.id}:{days}:{since:%Y-%m-%d}"
        event = record(automation.trigger, person, key=key, source="calendar", days=days)
        if event is None:             # told before, for another automation
            event = db.session.scalar(select(Event).where(Event.source == "calendar", Event.key == key))
            enter(automation, person, event)


def days_of(automation: Automation) -> int:
    return int(automation.plan.spec["trigger"].get("days", 14))


def since_of(trigger: str, person: Person):
    return person.joined_at if trigger == "tenure.reached" else person.last_active_at


def reached(automation: Automation):
    """Members in its audience who have reached the days and were never in it."""
    column = Person.joined_at if automation.trigger == "tenure.reached" else Person.last_active_at
    inside = select(Enrollment.person_id).where(Enrollment.automation_id == automation.id)
    return Person.matching(automation.plan.audience).where(
        Person.stage == "member", Person.staff.is_(False), column <= now() - timedelta(days=days_of(automation)),
        Person.id.not_in(inside)).order_by(Person.id)
