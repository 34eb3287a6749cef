"""What a step is."""
from dataclasses import dataclass, field
from datetime import datetime

STEPS: dict[str, type["Step"]] = {}


@dataclass(frozen=True)
class Done:
    """The step is done; go to `then` (the plan's next step unless a branch says otherwise)."""
    words: str
    then: str | None = None
    jump: bool = False                 # True: `then` is meant, even when it is None (the end)
    output: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Come back at `until`, then go on to the next step."""
    until: datetime
    words: str


class Step:
    """One kind of step; `spec` is its JSON. Subclasses say `name`, `label`, `icon`, `about`, `words`, `check`, `run`
    and how a form becomes their spec (`read`)."""
    name = label = icon = about = ""

    def __init_subclass__(cls):
        if cls.name:
            STEPS[cls.name] = cls

    @staticmethod
    def check(spec: dict, path: str) -> None:
        """Raise BadPlan when this step could not run."""

    @staticmethod
    def read(form) -> dict:
        """The spec that a form asks for, not checked yet."""
        return {}

    @staticmethod
    def words(spec: dict) -> str:
        """The step in a line."""
        raise NotImplementedError

    @staticmethod
    def run(node, enrollment, person, now) -> Done | Wait:
        """Do it for one person; idempotent, because a crash may run it again."""
        raise NotImplementedError
