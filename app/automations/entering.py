"""Who enters an automation: one verdict, asked by the engine, by dry runs and by "why not"."""
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.experiments import held_out
from app.kit.clock import now as clock
from app.people import PERSON, Person
from app.spine.conditions import EVENT, BadCondition
from app.spine.db import add_once, current_account_id, db
from app.spine.events import MAX_DEPTH, Event, record
from app.spine.prepared import Prepared, one

from .models import LIVE, Automation, Enrollment
from .plan import TIMED

LATE = timedelta(hours=6)
DAILY = 20
PAST = Prepared(lambda: select(
    Enrollment.entry_key, Enrollment.state, Enrollment.finished_at, Enrollment.entered_at).where(
        Enrollment.automation_id == one("automation"), Enrollment.person_id == one("person")).order_by(
            Enrollment.entered_at.desc(), Enrollment.id.desc()))
SUBJECTS = ("payment", "cart", "membership")      # what a `per_key` automation runs once for


@dataclass(frozen=True)
class Verdict:
    """Whether somebody enters; `reason` is a code, `words` a sentence."""
    enters: bool
    reason: str = ""
    words: str = ""


def verdict(automation: Automation, person: Person, event: Event | None, now=None, plan=None, past=None) -> Verdict:
    """Judge one person against one automation for one event, as things stand at `now`.

    `plan` stands in for the published one, `past` (enrollments, the latest first) for those in the books; a rehearsal
    gives both.
    """
    now, plan, name = now or clock(), plan or automation.plan, person.label
    if person.staff or person.merged_into_id or person.erased_at:
        return Verdict(False, "not_a_person", f"{name} is on the team, merged or erased.")
    if event is not None and not starts(plan, event):
        return Verdict(False, "trigger", "What happened is not what starts this playbook.")
    if event is not None and event.at < now - LATE and event.kind not in TIMED:
        return Verdict(False, "late", "It happened more than six hours before we heard of it.")
    try:
        if not PERSON.matches(plan.audience, person, now=now):
            return Verdict(False, "audience", f"{name} is not in its audience: {PERSON.sentence(plan.audience)}.")
    except BadCondition as error:
        return Verdict(False, "broken", f"Its audience cannot be asked any more: {error}.")
    if event is not None and (over := over_already(plan, event, now)) is not None:
        return Verdict(False, "over", f"It was over before it began: {over.described.label.lower()}, {over.sentence}.")
    return _reentry(automation, plan, person, event, now, past)


def starts(plan, event: Event) -> bool:
    """Whether this event is the plan's trigger, its condition included."""
    trigger = plan.spec["trigger"]
    if event.kind != plan.trigger or (plan.days is not None and event.data.get("days") != plan.days):
        return False
    return not trigger.get("condition") or EVENT.matches(trigger["condition"], event)


def ends(rule: dict, subject: str | None, event: Event) -> bool:
    """Whether an event is this exit; one about the same payment or cart ignores others of its kind."""
    same = rule.get("same")
    return rule["on"] == event.kind and (not same or subject is None or event.data.get(same) == subject)


def over_already(plan, event: Event, now) -> Event | None:
    """The goal or exit that came after `event` and before `now`, when events reach us in the wrong order."""
    kinds = {rule["on"] for rule in plan.exits}
    if not kinds or event.person_id is None:
        return None
    later = db.session.scalars(select(Event).where(
        Event.person_id == event.person_id, Event.kind.in_(kinds), Event.at > event.at,
        Event.at <= now).order_by(Event.at, Event.id).limit(50)).all()
    subject = subject_of(event)
    return next((one for one in later if any(ends(rule, subject, one) for rule in plan.exits)), None)


def entry_key(plan, event: Event | None) -> str:
    """What makes this entry itself: `once`, the subject's id, or the event."""
    if plan.policy == "once":
        return "once"
    subject = subject_of(event)
    if plan.policy == "per_key" and subject:
        return subject
    return (event.key and f"{event.source}:{event.key}") or event.public_id if event else clock().isoformat()


def subject_of(event: Event | None) -> str | None:
    return next((event.data[name] for name in SUBJECTS if event.data.get(name)), None) if event else None


def _reentry(automation, plan, person, event, now, past) -> Verdict:
    name, key = person.label, entry_key(plan, event)
    if past is None:
        past = PAST(automation=automation.id, person=person.id).all()
    if any(one.entry_key == key for one in past):
        return Verdict(False, "entered_before", f"{name} entered before, for the same reason.")
    if plan.policy not in ("per_key", "always") and any(one.state in LIVE for one in past):
        return Verdict(False, "inside", f"{name} is inside it now.")
    days = (plan.spec.get("reentry") or {}).get("days", 30)
    if plan.policy == "after_days" and past and (past[0].finished_at or now) > now - timedelta(days=days):
        return Verdict(False, "too_soon", f"{name} left it less than {days} days ago.")
    return Verdict(True, "enters", f"{name} enters.")


def looping(automation: Automation, person: Person, event: Event | None, now) -> str | None:
    """Why this entry would be a loop, in words; None when it is not."""
    if event is not None and event.depth > MAX_DEPTH:
        return f"It is {event.depth} playbooks away from what a person did."
    if event is not None and automation.public_id in (event.cause or "").split():
        return "The playbook itself led to it."
    recent = sum(one.entered_at > now - timedelta(days=1)
                 for one in PAST(automation=automation.id, person=person.id))
    return f"Entered {recent} times in a day." if recent >= DAILY else None


def enter(automation: Automation, person: Person, event: Event | None = None, by: str | None = None):
    """Enrol somebody if the verdict allows; the same cause twice is one enrollment. None when they stay out.

    `by` names who did it by hand; nobody put in by hand is held out.
    """
    now = clock()
    if not verdict(automation, person, event, now).enters:
        return None
    loop = looping(automation, person, event, now)
    out = not loop and not by and held_out(automation.public_id, person.public_id, automation.hold_out)
    ended = bool(loop or out)
    version = automation.version
    made = add_once(
        Enrollment, ("account_id", "automation_id", "person_id", "entry_key"), automation_id=automation.id,
        version_id=version.id, person_id=person.id, event_id=event.id if event else None,
        entry_key=entry_key(version.plan, event), state="exited" if ended else "active", visit=0, tries=0,
        step_id=None if ended else version.plan.first, due_at=None if ended else now, entered_at=now,
        finished_at=now if ended else None, reason="loop_guard" if loop else "held_out" if out else None,
        held_out=bool(out), depth=event.depth if event else 0, chain=event.cause if event else None,
        subject=subject_of(event), context=dict(event.data) if event else {"by": by} if by else {})
    if made is None or ended:
        return None
    from .jobs import tick
    account_id = current_account_id()
    tick.later(account_id, key=f"automations:{account_id}")
    record("playbook.entered", person, cause=event, by=automation.public_id, playbook=automation.name,
           automation=automation.public_id, enrollment=made.public_id)
    return made
