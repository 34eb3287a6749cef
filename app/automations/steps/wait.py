"""Steps about time and choice: wait, branch."""
from datetime import timedelta

from app.people import PERSON
from app.spine.conditions import BadCondition

from .base import Done, Step, Wait

LONGEST = 366 * 86400
UNITS = {"minutes": 60, "hours": 3600, "days": 86400}


class WaitStep(Step):
    """`seconds` since the previous step, or since entering (`since: entry`) as in T+24h."""
    name, label, icon, about = "wait", "Wait", "clock", "Minutes, hours or days, then go on."

    @staticmethod
    def read(form):
        number, unit = form.get("number", "").strip(), UNITS.get(form.get("unit"), 3600)
        seconds = int(number) * unit if number.isascii() and number.isdigit() and len(number) < 8 else 0
        return {"seconds": seconds, "since": "entry" if form.get("since") == "entry" else "before"}

    @staticmethod
    def check(spec, path):
        from app.automations.plan import BadPlan
        seconds = spec.get("seconds")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= LONGEST:
            raise BadPlan(f"{path}.seconds", "say how long, between a minute and a year")
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
        from app.automations.words import clock
        return Wait(until, f"Waits until {clock(until)}.") if until > now else Done("The time had come.")


class Branch(Step):
    """`if` a condition over the person holds, go through `yes`, else through `no`."""
    name, label, icon, about = "branch", "Branch", "split", "Ask something about the person and go two ways."

    @staticmethod
    def check(spec, path):
        from app.automations.plan import BadPlan
        try:
            if not spec.get("if"):
                raise BadCondition("add at least one condition")
            PERSON.check(spec["if"])
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
