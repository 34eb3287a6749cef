"""Rules: playbooks of one step, made on one form. When this happens, if that is so, then do it."""
from ..models import Automation
from ..plan import TIMED, BadPlan
from ..steps import STEPS
from .beginning import segment_of, trigger_of

ACTS = ("add_tag", "remove_tag", "add_note")
READY = {
    "churned": ("Tag who left as Churned", {"when": "membership.canceled", "do": "add_tag", "tag": "Churned"}),
    "new_member": ("Tag who joins as New Member", {"when": "membership.activated", "do": "add_tag",
                                                   "tag": "New Member"}),
    "failed_note": ("Note a failed payment", {"when": "payment.failed", "do": "add_note",
                                              "body": "A payment failed. Have a look before writing to them."}),
}


def plan_of(form, audience: dict) -> dict:
    """The plan that a rule's form asks for; raises BadPlan with the field's name as path."""
    when, act = form.get("when", ""), form.get("do", "")
    if act not in ACTS:
        raise BadPlan("do", "choose what to do")
    trigger = trigger_of(form)
    step = {"id": "act", "do": act, **STEPS[act].read(form)}
    try:
        STEPS[act].check(step, "act")
    except BadPlan as error:
        raise BadPlan(error.path.removeprefix("act."), str(error)) from None
    return {"trigger": trigger, "audience": audience, "reentry": {"policy": "once" if when in TIMED else "always"},
            "steps": [step]}


def form_of(automation: Automation) -> dict:
    """What its form shows."""
    spec = automation.working
    step = spec["steps"][0] if spec.get("steps") else {}
    return {"name": automation.name, "when": spec["trigger"]["kind"], "days": spec["trigger"].get("days", 14),
            "segment": segment_of(spec["trigger"]),
            "do": step.get("do", "add_tag"), "tag": step.get("tag", ""), "body": step.get("body", "")}


def is_rule(automation: Automation) -> bool:
    return automation.kind == "rule"
