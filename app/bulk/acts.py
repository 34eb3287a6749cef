"""What can be done to many people: other domains add theirs to the slot `bulk.act`."""
from collections.abc import Callable
from dataclasses import dataclass

from app.spine.slots import filled


@dataclass(frozen=True)
class Act:
    """`read(form)` gives params or raises ValueError with words; `say(params)` is the act as a sentence's start.

    `do(ids, params)` changes them inside the caller's transaction: (person id -> what was before, person id -> why
    not); `params["by"]` is the id of the user who asked. `undo(changes, params)` takes back what still stands, given
    person id -> before; those it could not.
    """
    name: str
    label: str
    icon: str
    permission: str
    read: Callable
    say: Callable
    do: Callable
    undo: Callable | None = None
    asks: str | None = None          # the name of the control its form shows: tag, user, body, playbook
    choices: Callable | None = None  # what that control offers, value -> label
    grave: bool = False              # cannot be taken back: the number must be typed
    stride: int = 1000               # people to a transaction; fewer where each takes long


def acts() -> dict[str, Act]:
    """Name -> act, in their order."""
    return {act.name: act for act, _ in filled("bulk.act")}
