"""The engine: one enrollment, one step after the other, each with its log line, until it has to wait or is through.

Steps write rows only, so a crash before the commit undoes all of it and a second run changes nothing.
"""
from datetime import timedelta

from sqlalchemy import select

from app.kit.clock import now as clock
from app.people import Person
from app.spine.db import db, is_postgres, upsert
from app.spine.events import acting, record
from app.spine.failpoints import point, reach
from app.spine.holding import holding
from app.spine.prepared import rows_of

from .models import LIVE, Automation, AutomationVersion, Enrollment, StepRun
from .steps import STEPS, Wait

TOGETHER = 16
LOOKED_AT = ((Person, "person_id"), (Automation, "automation_id"), (AutomationVersion, "version_id"))
BACK_OFF = (60, 300, 1800, 7200, 43200)
STEPPED = point("automation.before_commit", "a step is done and not yet committed")
COMMITTED = point("automation.after_commit", "a step is committed, the next has not begun")


def due(limit: int = 200) -> list[int]:
    """Enrollments of this account whose step is due, of automations that are on; the longest due first."""
    return list(db.session.scalars(
        select(Enrollment.id).join(Automation, Automation.id == Enrollment.automation_id)
        .where(Enrollment.state.in_(LIVE), Enrollment.due_at <= clock(), Automation.enabled_at.is_not(None),
               Automation.archived_at.is_(None))
        .order_by(Enrollment.due_at, Enrollment.id).limit(limit)))


def advance(enrollment_id: int) -> bool:
    """Carry one enrollment as far as it goes now, and commit. False when somebody else did."""
    return advance_all([enrollment_id]) == 1


def advance_all(ids: list[int]) -> int:
    """Carry these as far as they go now, some to a transaction; one that breaks is told apart and stumbles alone.
    How many went on."""
    moved = 0
    for start in range(0, len(ids), TOGETHER):
        some = ids[start:start + TOGETHER]
        went = _carry(some)
        moved += sum(_carry([one]) for one in some) if went is None else went
    return moved


def _carry(ids: list[int]) -> int | None:
    """One transaction. None, and nothing done, when a step of one of several breaks."""
    query = select(Enrollment).where(Enrollment.id.in_(ids)).execution_options(populate_existing=True)
    if is_postgres():
        query = query.with_for_update(skip_locked=True)
    with holding():
        places, now = {one: place for place, one in enumerate(ids)}, clock()
        rows = sorted(db.session.scalars(query), key=lambda row: places[row.id])
        for model, name in LOOKED_AT:
            rows_of(model, {getattr(row, name) for row in rows})
        went = 0
        for enrollment in rows:
            try:
                went += _go_on(enrollment, now)
            except Exception as error:      # a broken step must not stop the others; it is tried again, then failed
                enrollment_id = ids[0]
                db.session.rollback()
                if len(ids) > 1:
                    return None
                _stumbled(enrollment_id, error)
                went = 1
    reach(STEPPED)
    db.session.commit()
    reach(COMMITTED)
    return went


def _go_on(enrollment: Enrollment, now) -> bool:
    """All the steps that are due; False when none is, any more."""
    if enrollment.state not in LIVE or enrollment.due_at > now:
        return False
    person = enrollment.person
    if person.merged_into_id or person.erased_at:
        leave(enrollment, "gone", "The person was merged or erased.")
    while enrollment.state in LIVE and enrollment.due_at <= now:
        _step(enrollment, person, now)
    return True


def _step(enrollment: Enrollment, person, now) -> None:
    plan = enrollment.version.plan
    node = plan.nodes.get(enrollment.step_id)
    if node is None:
        leave(enrollment, "done", "All steps are done.", state="completed")
        return
    waited = enrollment.state == "waiting" and node.do == "wait"
    with acting(enrollment.automation.public_id, enrollment.depth, enrollment.chain):
        outcome = None if waited else STEPS[node.do].run(node, enrollment, person, now)
    if isinstance(outcome, Wait):
        log(enrollment, node.id, "waiting", outcome.words)
        enrollment.state, enrollment.due_at = "waiting", outcome.until
        return
    words = "The wait is over." if outcome is None else outcome.words
    log(enrollment, node.id, "done", words, outcome.output if outcome else {})
    enrollment.step_id = outcome.then if outcome is not None and outcome.jump else node.then
    enrollment.state, enrollment.tries = "active", 0
    if enrollment.step_id is None:
        leave(enrollment, "done", "All steps are done.", state="completed")


def log(enrollment: Enrollment, step_id: str, status: str, words: str, output=None) -> None:
    """The line of this step for this visit; a later word about the same visit replaces it."""
    upsert(StepRun, ("account_id", "enrollment_id", "step_id", "visit"),
           {"enrollment_id": enrollment.id, "step_id": step_id, "visit": enrollment.visit, "status": status,
            "words": words, "output": output or {}, "at": clock()}, ("status", "words", "output", "at"))


def leave(enrollment: Enrollment, reason: str, words: str, state: str = "exited") -> None:
    """End an enrollment; messages it wrote and that are not out yet are stopped by their gate."""
    if enrollment.state not in (*LIVE, "failed"):
        return
    if enrollment.step_id:
        log(enrollment, enrollment.step_id, "skipped", words)
    enrollment.state, enrollment.reason, enrollment.finished_at, enrollment.due_at = state, reason, clock(), None
    record("playbook.left", enrollment.person_id, by=enrollment.automation.public_id, reason=reason,
           playbook=enrollment.automation.name, why=words, automation=enrollment.automation.public_id,
           enrollment=enrollment.public_id)


def _stumbled(enrollment_id: int, error: Exception) -> None:
    enrollment = db.session.get(Enrollment, enrollment_id)
    words = f"{type(error).__name__}: {error}"[:500]
    if enrollment.tries >= len(BACK_OFF):
        log(enrollment, enrollment.step_id, "failed", words)
        enrollment.state, enrollment.reason, enrollment.due_at = "failed", "error", None
        return
    log(enrollment, enrollment.step_id, "waiting", f"It did not work and is tried again: {words}")
    enrollment.due_at = clock() + timedelta(seconds=BACK_OFF[enrollment.tries])
    enrollment.tries += 1


def rehouse(automation: Automation, version, running: str) -> int:
    """After publishing: those inside `move` to the same step of the new version, or `exit`. How many."""
    inside = people_inside(automation)
    for enrollment in inside:
        if running == "move" and enrollment.step_id in version.plan.nodes:
            enrollment.version_id = version.id
        else:
            leave(enrollment, "new_version", "The playbook was changed while they were inside.")
    return len(inside)


def people_inside(automation: Automation) -> list[Enrollment]:
    """Its live enrollments, oldest first."""
    return list(db.session.scalars(select(Enrollment).where(
        Enrollment.automation_id == automation.id, Enrollment.state.in_(LIVE)).order_by(Enrollment.id)))


def let_go(automation: Automation, reason: str, words: str) -> int:
    """Everybody inside leaves. How many."""
    inside = people_inside(automation)
    for enrollment in inside:
        leave(enrollment, reason, words)
    return len(inside)
