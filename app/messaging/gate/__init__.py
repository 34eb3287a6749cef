"""Whether a message may go out now. Rules run in order, the first that objects wins; asked again at every attempt.

    @gate("goal met", order=6)
    def still_wanted(message, person, now) -> None | Skip | Defer: ...
"""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

RULES: list[tuple[float, str, Callable]] = []


@dataclass(frozen=True)
class Skip:
    """It will not be sent: a code and words for the person's timeline."""
    reason: str
    words: str


@dataclass(frozen=True)
class Defer:
    """Not before `until`."""
    until: datetime
    reason: str
    words: str = ""


@dataclass(frozen=True)
class Hold:
    """A human decides."""
    reason: str
    words: str


def gate(name: str, order: float):
    """Add a rule `(message, person, now) -> None | Skip | Defer | Hold`; 6 is the place for goals and exits, 7 for
    offers. A rule reads the database and calls nothing outside."""
    def put(function):
        RULES[:] = sorted([*(rule for rule in RULES if rule[1] != name), (order, name, function)],
                          key=lambda rule: rule[:2])
        return function
    return put


def judge(message, person, now: datetime) -> Skip | Defer | Hold | None:
    """The first objection, or None."""
    for _order, _name, rule in RULES:
        objection = rule(message, person, now)
        if objection is not None:
            return objection
    return None


from . import caps, hours, rules  # noqa: E402, F401 - they add themselves

__all__ = ["RULES", "Defer", "Hold", "Skip", "gate", "judge"]
