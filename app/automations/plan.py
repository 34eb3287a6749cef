"""A plan: trigger, audience, exits, goal and steps, parsed and checked from JSON.

    {"trigger": {"kind": "payment.failed", "condition": {...}, "days": 14},
     "audience": {condition over PERSON}, "reentry": {"policy": one of POLICIES, "days": 30},
     "exits": [{"on": "payment.succeeded"}], "goal": {"on": "payment.succeeded"},
     "steps": [{"id": "s1", "do": "wait", "seconds": 3600, "since": "entry"}, {"id": "s2", "do": "send", ...},
               {"id": "s3", "do": "branch", "if": {...}, "yes": [...], "no": [...]}]}
"""
from dataclasses import dataclass, field

from app.people import PERSON
from app.segments import MOVES
from app.spine.conditions import EVENT, BadCondition
from app.spine.events import CATALOGUE

EVERYONE = {"all": []}
POLICIES = ("once", "per_key", "after_days", "always")
TIMED = {"tenure.reached": 14, "inactivity.reached": 14}      # triggers made by the calendar, and their usual days
LONGEST = 3650
MAX_STEPS, MAX_DEPTH = 50, 4


class BadPlan(ValueError):
    """The plan cannot run; `path` says where (`steps.2.template`), the message what to do about it."""

    def __init__(self, path: str, words: str):
        super().__init__(words)
        self.path = path


@dataclass(frozen=True)
class Node:
    """A step in its place: what it does, what follows, and how deep it stands."""
    id: str
    do: str
    spec: dict
    then: str | None
    depth: int = 0
    yes: str | None = None
    no: str | None = None


@dataclass
class Plan:
    """A checked plan. `nodes` maps step ids to nodes; `first` is where everybody starts."""
    spec: dict
    trigger: str
    first: str | None
    nodes: dict[str, Node] = field(default_factory=dict)

    @property
    def audience(self) -> dict:
        return self.spec.get("audience") or EVERYONE

    @property
    def exits(self) -> list[dict]:
        goal = [self.spec["goal"]] if self.spec.get("goal") else []
        return [*goal, *self.spec.get("exits", [])]

    @property
    def goal(self) -> str | None:
        return (self.spec.get("goal") or {}).get("on")

    @property
    def policy(self) -> str:
        return (self.spec.get("reentry") or {}).get("policy", "once")

    @property
    def days(self) -> int | None:
        """The days after which a timed trigger fires; None for other triggers."""
        return self.spec["trigger"].get("days", TIMED[self.trigger]) if self.trigger in TIMED else None

    @property
    def segment(self) -> str | None:
        """The public id of the segment whose coming or going starts it."""
        condition = self.spec["trigger"].get("condition") or {}
        return condition.get("value") if self.trigger in MOVES else None

    @property
    def sells(self) -> bool:
        """Whether it sends anything, so that a hold-out makes sense."""
        return any(node.do == "send" for node in self.nodes.values())


def parse(spec: dict, unfinished: bool = False) -> Plan:
    """Check the plan as a whole; raises BadPlan for the first thing that cannot work. `unfinished` may lack steps."""
    plan = _checked(spec)
    if not plan.nodes and not unfinished:
        raise BadPlan("steps", "add at least one step")
    return plan


def read(spec: dict) -> Plan:
    """A plan that was checked when it was published: what it names may be gone since, and says so when it runs."""
    from app.automations.steps import STEPS
    plan = Plan(spec, spec["trigger"]["kind"], None)
    plan.first = _place(plan, spec.get("steps") or [], None, 0, "steps", STEPS, check=False)
    return plan


def _checked(spec: dict) -> Plan:
    from app.automations.steps import STEPS
    if not isinstance(spec, dict):
        raise BadPlan("", "a plan is an object")
    trigger = spec.get("trigger") or {}
    kind = CATALOGUE.get(trigger.get("kind"))
    if kind is None or not kind.trigger:
        raise BadPlan("trigger.kind", "choose what starts it")
    _whole("trigger.days", trigger.get("days", 1))
    _check("trigger.condition", EVENT, trigger.get("condition"))
    _check("audience", PERSON, spec.get("audience"))
    again = spec.get("reentry") or {}
    if again.get("policy", "once") not in POLICIES:
        raise BadPlan("reentry.policy", f"choose who may enter again: {', '.join(POLICIES)}")
    _whole("reentry.days", again.get("days", 1))
    _ends(spec)
    plan = Plan(spec, kind.name, None)
    plan.first = _place(plan, spec.get("steps") or [], None, 0, "steps", STEPS)
    return plan


def _whole(path: str, days) -> None:
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= LONGEST:
        raise BadPlan(path, f"say a whole number of days, from 1 to {LONGEST:,}")


def _ends(spec: dict) -> None:
    for name in ("exits", "goal"):
        entries = spec.get(name) or []
        for entry in entries if isinstance(entries, list) else [entries]:
            kind = entry.get("on") if isinstance(entry, dict) else entry
            if not isinstance(entry, dict) or kind not in CATALOGUE:
                raise BadPlan(name, f"there is no event called {kind!r}")


def _check(path, vocabulary, tree) -> None:
    if tree:
        try:
            vocabulary.check(tree)
        except BadCondition as error:
            raise BadPlan(path, str(error)) from None


def _place(plan: Plan, steps: list, after: str | None, depth: int, path: str, registry,
           check: bool = True) -> str | None:
    """Hang a list of steps into the plan from its end to its start; the first one's id."""
    if depth > MAX_DEPTH:
        raise BadPlan(path, f"branches may stand {MAX_DEPTH} deep")
    following = after
    for number, step in reversed(list(enumerate(steps))):
        here = f"{path}.{number}"
        if not isinstance(step, dict) or step.get("do") not in registry:
            raise BadPlan(here, f"there is no step called {step.get('do') if isinstance(step, dict) else step!r}")
        if not step.get("id") or step["id"] in plan.nodes:
            raise BadPlan(here, "every step needs an id of its own")
        if check:
            registry[step["do"]].check(step, here)
        branches = {name: _place(plan, step.get(name) or [], following, depth + 1, f"{here}.{name}", registry, check)
                    for name in ("yes", "no") if step["do"] == "branch"}
        plan.nodes[step["id"]] = Node(step["id"], step["do"], step, following, depth,
                                      branches.get("yes"), branches.get("no"))
        if len(plan.nodes) > MAX_STEPS:
            raise BadPlan(path, f"a plan has at most {MAX_STEPS} steps")
        following = step["id"]
    return following
