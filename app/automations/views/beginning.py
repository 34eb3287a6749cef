"""What starts a plan, as a form: the event, its days, the segment it is about."""
from app.segments import MOVES, Segment
from app.spine.events import CATALOGUE

from ..plan import TIMED, BadPlan


def trigger_of(form, before: dict | None = None) -> dict:
    """The trigger a form asks for; a condition on the event stays as long as its kind does. Raises BadPlan."""
    kind, before = CATALOGUE.get(form.get("when", "")), before or {}
    if kind is None or not kind.trigger:
        raise BadPlan("when", "choose what starts it")
    trigger = {"kind": kind.name}
    if kind.name in TIMED:
        trigger["days"] = days(form.get("days"), "days")
    if kind.name in MOVES:
        segment = Segment.find(form.get("segment", ""))
        if segment is None:
            raise BadPlan("segment", "choose which segment")
        trigger["condition"] = {"field": "event.data.segment", "op": "is", "value": segment.public_id}
    elif before.get("condition") and before.get("kind") == kind.name:
        trigger["condition"] = before["condition"]
    return trigger


def segment_of(trigger: dict) -> str:
    """The segment a trigger is about, as its form shows it."""
    condition = trigger.get("condition") or {}
    return condition.get("value", "") if trigger.get("kind") in MOVES else ""


def days(text, path: str) -> int:
    """A whole number of days out of a form; raises BadPlan."""
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= 3650:
        raise BadPlan(path, "say a whole number of days, from 1 to 3,650")
    return int(text)
