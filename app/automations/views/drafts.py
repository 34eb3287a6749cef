"""Editing a plan: steps found, put, moved and taken away in a copy of its spec."""
from copy import deepcopy

from app.spine.db import token

from ..plan import BadPlan, parse


class NoSuchStep(LookupError):
    """The plan has no step of this id (any more)."""


class Draft:
    """A copy of an automation's working plan. `keep()` writes it back; nothing is published by that."""

    def __init__(self, automation):
        self.automation, self.spec = automation, deepcopy(automation.working)
        self.spec.setdefault("steps", [])

    def keep(self) -> None:
        self.automation.redraft(self.spec)

    def walk(self, steps=None, path="steps", depth=0):
        """Every step from top to bottom, as (step, the list it stands in, its place there, path, depth)."""
        steps = self.spec["steps"] if steps is None else steps
        for number, step in enumerate(list(steps)):
            here = f"{path}.{number}"
            yield step, steps, number, here, depth
            for way in ("yes", "no") if step["do"] == "branch" else ():
                yield from self.walk(step.setdefault(way, []), f"{here}.{way}", depth + 1)

    def find(self, step_id: str):
        """(step, list, place, path, depth); raises NoSuchStep."""
        for found in self.walk():
            if found[0].get("id") == step_id:
                return found
        raise NoSuchStep(step_id)

    def put(self, step: dict, place: str = "") -> dict:
        """Add a step; `place` is `after:ID`, `yes:ID`, `no:ID` (at the end of that way) or empty for the very end."""
        where, _, step_id = place.partition(":")
        step = {"id": f"{step['do'].replace('_', '-')}-{token(4).lower()}", **step}
        if where == "after":
            _, steps, number, _, _ = self.find(step_id)
            steps.insert(number + 1, step)
        elif where in ("yes", "no"):
            self.find(step_id)[0].setdefault(where, []).append(step)
        else:
            self.spec["steps"].append(step)
        return step

    def change(self, step_id: str, spec: dict) -> None:
        """New traits for a step; its id, its kind and its ways stay."""
        step = self.find(step_id)[0]
        kept = {name: step[name] for name in ("id", "do", "yes", "no") if name in step}
        step.clear()
        step.update({**spec, **kept})

    def take(self, step_id: str) -> dict:
        """Remove a step, and with a branch the steps inside it."""
        _, steps, number, _, _ = self.find(step_id)
        return steps.pop(number)

    def move(self, step_id: str, by: int) -> bool:
        """One up (-1) or down (1) among its neighbours; False at either end."""
        _, steps, number, _, _ = self.find(step_id)
        if not 0 <= number + by < len(steps):
            return False
        steps.insert(number + by, steps.pop(number))
        return True

    def step_at(self, path: str) -> str | None:
        """The id of the step that a BadPlan's path points into."""
        inside = [(len(here), step["id"]) for step, _, _, here, _ in self.walk()
                  if path == here or path.startswith(here + ".")]
        return max(inside)[1] if inside else None


def trouble(automation) -> BadPlan | None:
    """What keeps the working plan from being published; None when nothing does."""
    try:
        parse(automation.working)
    except BadPlan as error:
        return error
    return None
