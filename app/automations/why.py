"""Why somebody did or did not get a playbook, in sentences: from the log, the events, the conditions today."""
from datetime import timedelta

from sqlalchemy import select

from app.kit.clock import now as clock
from app.messaging import Message
from app.people import PERSON
from app.spine.conditions import BadCondition
from app.spine.db import db
from app.spine.events import CATALOGUE, Event

from . import words
from .entering import verdict
from .models import LIVE, Enrollment, StepRun

LOOK_BACK = timedelta(days=90)
MOST = 10


def why(automation, person) -> list[str]:
    """What happened between them and why, the latest first; ends with what would happen today."""
    mine = enrollments(automation, person)
    told = [sentence for one in mine[:3] for sentence in _story(one)]
    known = {one.event_id for one in mine}
    told += [_judged(automation, person, event) for event in _events(automation, person) if event.id not in known]
    return told + _today(automation, person, mine)


def enrollments(automation, person) -> list[Enrollment]:
    """Their ways through this automation, the latest first."""
    return list(db.session.scalars(select(Enrollment).where(
        Enrollment.automation_id == automation.id, Enrollment.person_id == person.id).order_by(
            Enrollment.entered_at.desc(), Enrollment.id.desc())))


def _story(enrollment) -> list[str]:
    name, at = enrollment.person.label, words.clock(enrollment.entered_at)
    event = db.session.get(Event, enrollment.event_id) if enrollment.event_id else None
    cause = f", because of this: {event.described.label.lower()}, {event.sentence}" if event else ", put in by hand"
    if enrollment.held_out:
        return [f"On {at} {name} was left alone to compare with: {enrollment.automation.hold_out}% of those who would "
                f"enter get nothing, and it is always the same people{cause}."]
    told = [f"On {at} {name} entered{cause}."]
    for run in db.session.scalars(select(StepRun).where(StepRun.enrollment_id == enrollment.id).order_by(StepRun.id)):
        told.append(f"{words.clock(run.at)}: {run.words}")
    told += [_message(message) for message in messages(enrollment)]
    if enrollment.state not in LIVE:
        told.append(f"{name} is not inside any more: {words.outcome(enrollment).lower()}, "
                    f"{words.clock(enrollment.finished_at or enrollment.entered_at)}.")
    elif not enrollment.automation.on:
        told.append("The playbook is switched off, so nothing goes on until it is on again.")
    elif enrollment.due_at:
        told.append(f"The next step comes on {words.clock(enrollment.due_at)}.")
    return told


def messages(enrollment) -> list[Message]:
    """What it wrote, the first one first."""
    return list(db.session.scalars(select(Message).where(Message.enrollment_id == enrollment.id).order_by(Message.id)))


def _message(message) -> str:
    title = message.subject or (message.template.name if message.template else "A message")
    if message.sent_at:
        return f"“{title}” went out on {words.clock(message.sent_at)}."
    state = {"queued": "waits to go out", "skipped": "was not sent", "held": "is held for you to decide",
             "unclear": "may or may not have gone out"}.get(message.state, f"is {message.state}")
    return f"“{title}” {state}. {message.reason_words or ''}".strip()


def _events(automation, person) -> list[Event]:
    return list(db.session.scalars(select(Event).where(
        Event.person_id == person.id, Event.kind == automation.trigger, Event.at >= clock() - LOOK_BACK).order_by(
            Event.at.desc(), Event.id.desc()).limit(MOST)))


def _judged(automation, person, event) -> str:
    """Why an event of the last three months did not let them in."""
    happened = f"On {words.clock(event.at)}: {event.described.label.lower()}, {event.sentence}."
    if automation.launched_at is None or event.at < automation.launched_at:
        return f"{happened} The playbook had not been switched on yet."
    if event.created_at - event.at > timedelta(hours=6):
        return f"{happened} We heard of it more than six hours later, too late to act on it."
    found = verdict(automation, person, event, now=max(event.at, event.created_at))
    if found.enters:
        return f"{happened} It would let {person.label} in today; the playbook was off or different then."
    return f"{happened} {found.words} {failing(automation, person) if found.reason == 'audience' else ''}".strip()


def _today(automation, person, mine) -> list[str]:
    """How things stand now, whatever happened before."""
    told, name = [], person.label
    kind = CATALOGUE.get(automation.trigger)
    if not mine and not _events(automation, person):
        told.append(f"Nothing that starts it happened to {name} in the last 90 days. It starts with: "
                    f"{words.trigger(automation.plan.spec)[0].removeprefix('When: ') if kind else automation.trigger}.")
    if automation.archived_at:
        told.append("The playbook is put away.")
    elif not automation.on:
        told.append("The playbook is switched off. Nobody enters." if automation.launched_at
                    else "The playbook was never switched on. Nobody has been messaged by it.")
    if any(one.state in LIVE for one in mine):
        return told
    standing = verdict(automation, person, None)
    if standing.reason == "audience":
        told.append(f"Today {name} is not in its audience. {failing(automation, person)}")
    elif not standing.enters:
        told.append(f"Today: {standing.words}")
    elif automation.on:
        told.append(f"{name} is in its audience today and enters the next time it starts.")
    return told


def failing(automation, person) -> str:
    """Which parts of the audience this person does not meet."""
    try:
        return " ".join(f"Not so: {part}." for part in _failing(automation.plan.audience, person, clock()))
    except BadCondition as error:
        return str(error)


def _failing(tree: dict, person, now) -> list[str]:
    """The smallest parts that fail: each line of an "all", an "any" as a whole."""
    if PERSON.matches(tree, person, now=now):
        return []
    if "all" in tree:
        return [part for one in tree["all"] for part in _failing(one, person, now)]
    return [PERSON.sentence(tree)]
