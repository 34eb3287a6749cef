"""What a playbook did: counted from enrollments, their steps and their messages, never kept beside them."""
from dataclasses import dataclass, field

from sqlalchemy import case, func, select

from app.messaging import Message
from app.spine.db import db
from app.spine.slots import filled

from ..models import LIVE, Enrollment, StepRun


@dataclass
class Figures:
    """People through one automation since it began; `left` counts those who ended early, by reason code."""
    entered: int = 0
    inside: int = 0
    completed: int = 0
    failed: int = 0
    held_out: int = 0
    left: dict = field(default_factory=dict)
    sent: int = 0
    clicked: int = 0

    def add(self, state: str, reason: str | None, held_out: bool, number: int) -> None:
        if held_out:
            self.held_out += number
            return
        self.entered += number
        if state in LIVE:
            self.inside += number
        elif state == "completed":
            self.completed += number
        elif state == "failed":
            self.failed += number
        else:
            self.left[reason] = self.left.get(reason, 0) + number


def figures(automations) -> dict[int, Figures]:
    """Automation id -> figures, for a page of them in two questions."""
    found = {one.id: Figures() for one in automations}
    for key, state, reason, out, number in db.session.execute(
            select(Enrollment.automation_id, Enrollment.state, Enrollment.reason, Enrollment.held_out, func.count())
            .where(Enrollment.automation_id.in_(found))
            .group_by(Enrollment.automation_id, Enrollment.state, Enrollment.reason, Enrollment.held_out)):
        found[key].add(state, reason, out, number)
    for key, sent, clicked in db.session.execute(
            select(Message.automation_id, func.count(Message.sent_at), func.count(Message.clicked_at))
            .where(Message.automation_id.in_(found), Message.is_test.is_(False)).group_by(Message.automation_id)):
        found[key].sent, found[key].clicked = sent, clicked
    return found


def credited(automation) -> list[dict]:
    """What other rooms count for it, as {label, value}: recovered payments and the like."""
    return [figure for ask, _ in filled("playbook.figures") for figure in ask(automation) or ()]


def by_step(automation) -> dict[str, dict]:
    """Step id -> {waiting, passed, yes, sent, clicked}: where people are, and what came of the step."""
    found: dict[str, dict] = {}
    for step_id, number in db.session.execute(select(Enrollment.step_id, func.count()).where(
            Enrollment.automation_id == automation.id, Enrollment.state.in_(LIVE)).group_by(Enrollment.step_id)):
        found.setdefault(step_id, {})["waiting"] = number
    yes = func.sum(case((StepRun.words.startswith("Yes:"), 1), else_=0))
    for step_id, number, agreed in db.session.execute(
            select(StepRun.step_id, func.count(), yes).join(Enrollment, Enrollment.id == StepRun.enrollment_id)
            .where(Enrollment.automation_id == automation.id, StepRun.status == "done").group_by(StepRun.step_id)):
        found.setdefault(step_id, {}).update(passed=number, yes=int(agreed or 0))
    for step_id, sent, clicked in db.session.execute(
            select(Message.step_key, func.count(Message.sent_at), func.count(Message.clicked_at))
            .where(Message.automation_id == automation.id, Message.is_test.is_(False)).group_by(Message.step_key)):
        found.setdefault(step_id, {}).update(sent=sent, clicked=clicked)
    return found
