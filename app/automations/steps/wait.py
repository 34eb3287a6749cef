"""Steps about time and choice: wait, branch."""
from datetime import timedelta

from app.people import PERSON
from app.spine.conditions import BadCondition

from .base import Done, Step, Wait

LONGEST = 366 * 86400


class WaitStep(Step):
    """`seconds` since the previous step, or since entering (`since: entry`) as in T+24h."""
    name, label, icon = "wait", "Wait", "clock"

    @staticmethod
    def check(spec, path):
        from app.automations.plan import BadPlan
        seconds = spec.get("seconds")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= LONGEST:
            raise BadPlan(f"{path}.seconds", "wait between a second and a year")
        if spec.get("since", "before") not in ("before", "entry"):
            raise BadPlan(f"{path}.since", "count from the step before or from the entry")

    @staticmethod
    def words(spec):
        from app.kit.dress import duration
        if spec.get("since") == "entry":
            return f"Wait until {duration(spec['seconds'])} after entering"
        return f"Wait {duration(spec['seconds'])}"

    @staticmethod
    def run(node, enrollment, person, now):
        start = enrollment.entered_at if node.spec.get("since") == "entry" else enrollment.due_at or now
        until = start + timedelta(seconds=node.spec["seconds"])
        return Wait(until, f"Waits until {until:%d %b %Y %H:%M} UTC.") if until > now else Done("The time had come.")


class Branch(Step):
    """`if` a condition over the person holds, go through `yes`, else through `no`."""
    name, label, icon = "branch", "Branch", "split"

    @staticmethod
    def check(spec, path):
        from app.automations.plan import BadPlan
        try:
            PERSON.check(spec.get("if") or {})
        except BadCondition as error:
            raise BadPlan(f"{path}.if", str(error)) from None

    @staticmethod
    def words(spec):
        return f"If {PERSON.sentence(spec['if'])}"

    @staticmethod
    def run(node, enrollment, person, now):
        held = PERSON.matches(node.spec["if"], person, now=now)
        where = (node.yes if held else node.no) or node.then
        return Done(f"{'Yes' if held else 'No'}: {PERSON.sentence(node.spec['if'])}.", then=where, jump=True)
