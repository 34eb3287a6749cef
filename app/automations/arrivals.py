"""Tenure and silence: who has reached an automation's number of days, and the event that says so."""
from datetime import timedelta

from sqlalchemy import select

from app.kit.clock import now
from app.people import Person
from app.spine.events import Event

from .models import Automation, Enrollment


def since(trigger: str):
    """The column that the days are counted from."""
    return Person.joined_at if trigger == "tenure.reached" else Person.last_active_at


def reached(automation: Automation, plan=None):
    """Members in its audience who have reached the days and did not enter for that reason yet, as a select."""
    plan = plan or automation.plan
    column = since(plan.trigger)
    entered = select(Enrollment.person_id).where(Enrollment.automation_id == automation.id)
    if plan.policy != "once":
        entered = entered.where(Enrollment.person_id == Person.id, Enrollment.entered_at >= column).correlate(Person)
    return Person.matching(plan.audience).where(
        Person.stage == "member", Person.staff.is_(False), column <= now() - timedelta(days=plan.days),
        Person.id.not_in(entered)).order_by(Person.id)


def arrival(automation: Automation, person: Person, plan=None) -> Event:
    """The event of reaching the days, not yet in the books: the same person, days and start give the same key."""
    plan = plan or automation.plan
    start = person.joined_at if plan.trigger == "tenure.reached" else person.last_active_at
    key = f"{plan.trigger}:{person.id}:{plan.days}:{start:%Y-%m-%d}"
    return Event(kind=plan.trigger, at=start + timedelta(days=plan.days), key=key, source="calendar",
                 person_id=person.id, data={"days": plan.days}, depth=0)
