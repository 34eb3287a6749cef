"""Playbooks in words: what starts them, who may come back, what they do, where somebody stands."""
from app.accounts import current_account
from app.kit.dress import Dress, duration
from app.people import PERSON
from app.spine.conditions import EVENT, BadCondition
from app.spine.events import CATALOGUE

from .plan import TIMED
from .steps import STEPS

KIND_WORDS = {"nurture": "Nurture", "upsell": "Upsell", "churnsave": "Save", "rule": "Rule", "winback": "Win back",
              "dunning": "Payments", "abandonment": "Abandonment", "onboarding": "Welcome", "custom": "Your own"}
POLICY_WORDS = {"once": "Once ever", "per_key": "Once for each payment, cart or membership",
                "after_days": "Again, some days after they left it", "always": "Every time it happens"}
STATES = {"active": ("Inside", "info", "play"), "waiting": ("Waits", "", "clock"),
          "completed": ("Through", "good", "circle-check"), "exited": ("Left", "", "log-out"),
          "failed": ("Failed", "bad", "circle-alert")}
REASONS = {"done": "Went through all steps", "goal": "Reached the goal", "exit": "Left because of what happened",
           "held_out": "Left alone, to compare", "loop_guard": "Stopped: playbooks were causing each other",
           "gone": "Merged or erased", "merged": "Merged with somebody who was inside already",
           "new_version": "The playbook was changed", "by_hand": "Taken out by hand",
           "archived": "The playbook was put away", "error": "A step failed",
           "message_failed": "A message could not be delivered"}
GROUPS = {"lead": "Leads", "membership": "Memberships", "payment": "Payments", "course": "Lessons and content",
          "community": "Community", "message": "Messages", "note": "Tags and notes", "playbook": "Playbooks",
          "task": "Tasks and assignment", "system": "Other"}


def trigger(spec: dict) -> tuple[str, str | None, str]:
    """(what starts it, the condition on it, icon) of a plan's spec."""
    given = spec.get("trigger") or {}
    kind = CATALOGUE.get(given.get("kind"))
    if kind is None:
        return "Nothing starts it yet", None, "zap"
    days = given.get("days", TIMED.get(kind.name))
    said = {"tenure.reached": f"When somebody has been a member for {days} days",
            "inactivity.reached": f"When a member has been quiet for {days} days"}.get(kind.name, f"When: {kind.label}")
    return said, asked(EVENT, given["condition"]) if given.get("condition") else None, "zap"


def sentence(error) -> str:
    """A complaint, such as BadPlan, as a sentence of its own."""
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


def start(spec: dict) -> str:
    """What starts it, as a cell of a table."""
    said = trigger(spec)[0].removeprefix("When: ").removeprefix("When ")
    return said[:1].upper() + said[1:]


def leaving(spec: dict) -> str | None:
    """What else lets people out, in a line."""
    exits = [ending(rule) for rule in spec.get("exits") or []]
    return f"They also leave on: {', '.join(exits)}" if exits else None


def asked(vocabulary, tree) -> str:
    """A condition in words, also when something it names is gone."""
    try:
        return vocabulary.sentence(tree or {})
    except BadCondition as error:
        return f"a condition that cannot be asked any more ({error})"


def audience(spec: dict) -> str | None:
    """Who may enter; None for everyone."""
    tree = spec.get("audience") or {}
    return asked(PERSON, tree) if tree not in ({}, {"all": []}) else None


def again(spec: dict) -> str:
    given = spec.get("reentry") or {}
    policy = given.get("policy", "once")
    return f"Again, {given.get('days', 30)} days after they left it" if policy == "after_days" else POLICY_WORDS[policy]


def ending(rule: dict) -> str:
    """An exit or goal in words."""
    kind = CATALOGUE.get(rule.get("on"))
    label = kind.label if kind else str(rule.get("on"))
    return f"{label}, for the same {rule['same']}" if rule.get("same") else label


def step(spec: dict) -> str:
    """One step in a line, also when it is not finished."""
    kind = STEPS.get(spec.get("do"))
    try:
        return kind.words(spec)
    except (BadCondition, KeyError, AttributeError, TypeError):
        return f"{kind.label if kind else 'A step'}, not finished"


def outcome(enrollment) -> str:
    """Where an enrollment stands and why, in a line."""
    if enrollment.state in ("active", "waiting"):
        node = enrollment.version.plan.nodes.get(enrollment.step_id)
        return step(node.spec) if node else "About to be through"
    return REASONS.get(enrollment.reason, enrollment.reason or "")


def clock(moment) -> str:
    """14 Feb at 15:04, in the account's zone."""
    account = current_account()
    return f"{Dress(account=current_account).day(moment)} at {moment.astimezone(account.zone):%H:%M}"


def triggers() -> list[dict]:
    """The catalogue of what may start something, grouped for a select."""
    return catalogue(lambda kind: kind.trigger)


def catalogue(wanted=lambda kind: True) -> list[dict]:
    """Kinds of events, grouped for a select."""
    found = [{"label": words, "options": sorted(
        ((kind.name, kind.label) for kind in CATALOGUE.values() if kind.group == group and wanted(kind)),
        key=lambda pair: pair[1])} for group, words in GROUPS.items()]
    return [group for group in found if group["options"]]


def lasts(spec: dict) -> int:
    """The longest way through the waits, in seconds."""
    def way(steps, so_far):
        for one in steps or []:
            if one["do"] == "wait":
                until = one.get("seconds", 0)
                so_far = max(so_far, until) if one.get("since") == "entry" else so_far + until
            if one["do"] == "branch":
                so_far = max(way(one.get("yes"), so_far), way(one.get("no"), so_far))
        return so_far
    return way(spec.get("steps"), 0)


def sends(spec: dict) -> list[dict]:
    """Every send step, branches included, with when it comes at the earliest: [{step, after}]."""
    found = []

    def way(steps, so_far):
        for one in steps or []:
            if one["do"] == "wait":
                until = one.get("seconds", 0)
                so_far = max(so_far, until) if one.get("since") == "entry" else so_far + until
            if one["do"] == "send":
                found.append({"step": one, "after": duration(so_far) + " after entering" if so_far else "at once"})
            if one["do"] == "branch":
                so_far = max(way(one.get("yes"), so_far), way(one.get("no"), so_far))
        return so_far
    way(spec.get("steps"), 0)
    return found
