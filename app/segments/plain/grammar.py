"""What phrases are made of: comparisons, how often, and the list they are taught to."""
import re
from collections.abc import Callable
from dataclasses import dataclass

from app.accounts import current_account
from app.kit.clock import now
from app.kit.money import to_minor

from .amounts import NUMBER
from .amounts import money as amount

PHRASES: list["Phrase"] = []
OVER = r"(?:is |of |was |at )?(?:over|more than|above|greater than|higher than|>(?!=))"
LEAST = r"(?:is |of |was )?(?:at least|>=|no less than|minimum(?: of)?)"
UNDER = r"(?:is |of |was )?(?:under|less than|fewer than|below|lower than|<(?!=))"
MOST = r"(?:is |of |was )?(?:at most|up to|<=|no more than)"
EXACT = r"(?:is |of |was )?(?:exactly|equal to|=)"
COMPARED = {"gt": OVER, "gte": LEAST, "lt": UNDER, "lte": MOST, "is": EXACT}
NOT = r"(?:have not|haven't|has not|hasn't|did not|didn't|do not|don't|not|never|no)"
TIMES = (rf"(?: (?:(?P<least>at least|more than) )?(?P<times>{NUMBER})(?: times)?(?: or more)?(?: times)?"
         r"| (?P<twice>twice|once))?")


@dataclass(frozen=True)
class Phrase:
    """`mean(match)` gives a condition; None when the words were something else after all."""
    pattern: re.Pattern
    mean: Callable


def phrase(pattern: str):
    """Teach a phrase; the longest one that fits wins, then the one taught first."""
    def teach(function):
        PHRASES.append(Phrase(re.compile(rf"(?:{pattern})(?![\w'])"), function))
        return function
    return teach


def leaf(field: str, op: str, value=None) -> dict:
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


def today():
    return now().astimezone(current_account().zone).date()


def minor(words: str) -> int:
    return to_minor(str(amount(words)), current_account().currency)


def compared(words: str):
    """(operator, what follows) of `over 5`, `at least 5`; None for anything else."""
    return next((op for op, pattern in COMPARED.items() if re.fullmatch(pattern, words.strip())), None)


CMP = rf"(?P<cmp>{'|'.join(COMPARED.values())})"
