"""What automations hear: triggers let people in, goals and exits let them out, inside the recording transaction."""
from datetime import timedelta

from sqlalchemy import select

from app.kit.clock import now as clock
from app.merging import Merge
from app.messaging import Defer, Message, Skip, gate
from app.people import Person
from app.spine.db import db
from app.spine.events import Event, hears, hears_many
from app.spine.prepared import Prepared, one
from app.spine.slots import fills

from .engine import leave
from .entering import ends, enter
from .models import LIVE, Automation, AutomationVersion, Enrollment
from .standing import standing, wanting
from .uses import tag_uses, uses

PATIENCE = timedelta(minutes=15)
OWN = ("playbook.entered", "playbook.left")
UNSENT = ("message.failed", "message.bounced")

INSIDE = Prepared(lambda: select(Enrollment.id).where(
    Enrollment.person_id == one("person"), Enrollment.state.in_(LIVE)), fresh=False)

fills("segment.use")(uses)
fills("tag.use", 20)(tag_uses)


@hears("*")
def react(event: Event) -> None:
    """Out first, then in: the payment that ends one playbook may start another."""
    if event.person_id is None or event.kind == "playbook.left":
        return
    if event.kind in UNSENT:
        let_down(event)
    if event.kind not in OWN:
        let_out(event)
    let_in(event)


@hears_many
def each_counts(kind: str) -> bool:
    """Whether events of this kind let somebody in or out, so that each of many must be told."""
    if kind in standing():
        return True
    versions = db.session.scalars(select(AutomationVersion).where(AutomationVersion.id.in_(
        select(Enrollment.version_id).where(Enrollment.state.in_(LIVE)).distinct())))
    return any(rule["on"] == kind for version in versions for rule in version.plan.exits)


def let_in(event: Event) -> None:
    """Enrol the event's person in each automation that this kind of event starts."""
    if event.kind in standing():
        person = db.session.get(Person, event.person_id)
        for automation_id in wanting(event, person):
            enter(db.session.get(Automation, automation_id), person, event)


def let_out(event: Event) -> None:
    """End the person's enrollments that have this event as their goal or exit."""
    for enrollment_id in sorted(INSIDE(person=event.person_id).scalars()):    # ordered by SQLite it reads everybody's
        enrollment = db.session.get(Enrollment, enrollment_id)
        plan = enrollment.version.plan
        if any(ends(rule, enrollment.subject, event) for rule in plan.exits) and event.at >= _began(enrollment):
            reached = event.kind == plan.goal
            leave(enrollment, "goal" if reached else "exit", f"{event.described.label}: {event.sentence}.",
                  state="completed" if reached else "exited")


@hears("person.merged")
def one_inside(event: Event) -> None:
    """A way through a playbook goes on under the other name. Where both were inside, the one who stays goes on and the
    other's way ends without a word to anybody; so does one that the other's past forbids."""
    merge = Merge.of(event)
    came = {*merge.moved.get("enrollments.person_id", ())}
    inside = db.session.scalars(select(Enrollment).where(Enrollment.person_id.in_(
        (merge.kept_id, merge.gone_id)), Enrollment.state.in_(LIVE)).order_by(Enrollment.id)).all()
    own = {way.automation_id for way in inside if way.person_id == merge.kept_id and way.id not in came}
    for way in inside:
        if way.person_id == merge.gone_id or (way.id in came and way.automation_id in own):
            merge.remember(way, "state", "due_at", "reason", "finished_at")
            way.state, way.reason, way.finished_at, way.due_at = "exited", "merged", clock(), None


def _began(enrollment: Enrollment):
    """When what started it happened, which may be before we heard of it; what came before that ends nothing."""
    event = db.session.get(Event, enrollment.event_id) if enrollment.event_id else None
    return min(event.at, enrollment.entered_at) if event else enrollment.entered_at


def let_down(event: Event) -> None:
    """A message that could not be sent ends the enrollment whose step says so."""
    message = db.session.scalar(select(Message).where(Message.public_id == event.data.get("message")))
    enrollment = db.session.get(Enrollment, message.enrollment_id) if message and message.enrollment_id else None
    if enrollment is None or enrollment.state not in LIVE:
        return
    node = enrollment.version.plan.nodes.get(message.step_key)
    if node is not None and node.spec.get("on_failure") == "exit":
        leave(enrollment, "message_failed", f"{event.described.label}: {event.sentence}.")


@gate("goal or exit", order=6)
def still_wanted(message, person, now):
    """Asked again when a message is about to go out."""
    if message.enrollment_id is None:
        return None
    enrollment = db.session.get(Enrollment, message.enrollment_id)
    if enrollment is None or enrollment.state == "exited" or enrollment.reason == "goal":
        why = "reached its goal" if enrollment and enrollment.reason == "goal" else "left the playbook"
        return Skip("exited", f"{person.label} {why} before this could go out.")
    if enrollment.automation.archived_at:
        return Skip("exited", "The playbook was put away before this could go out.")
    if not enrollment.automation.on:
        return Defer(now + PATIENCE, "playbook_off", "The playbook is switched off for now.")
    return None
