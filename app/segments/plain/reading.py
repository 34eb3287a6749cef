"""From a sentence to a tree: the longest phrase at every place, then how they are joined."""
import re
from dataclasses import dataclass, field

from app.people import PERSON
from app.spine.conditions import BadCondition

from . import phrases as said  # noqa: F401 - teaches the phrases
from .grammar import PHRASES
from .own import phrases

LONGEST = 500
QUIET = set("""a all also an and any anybody anyone are been both but currently either everybody everyone find get give
    had has have i in is list me my now of or our people person persons please show still that the then they those to us
    users was were which who whose with""".split())


@dataclass
class Reading:
    """`tree` (empty for nothing understood), `parts` (the words, the condition they were taken for), `unread` words."""
    tree: dict = field(default_factory=dict)
    parts: list[tuple[str, dict]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass
class _Part:
    """A condition, the words it came from, and whether `or` stood before it."""
    words: str
    condition: dict
    alternative: bool


def read(sentence: str) -> Reading:
    """Understand what can be understood; never raises."""
    words, known, reading = _plain(sentence), [*PHRASES, *phrases()], Reading()
    parts, at, alternative, unread = [], 0, False, []
    while at < len(words):
        found = _longest(known, words, at)
        if found is not None:
            match, condition = found
            parts.append(_Part(match[0].strip(), condition, alternative and bool(parts)))
            at, alternative = match.end(), False
            unread.append(None)
            continue
        word = re.compile(r"[^\s,;]+|[,;\s]+").match(words, at)
        at = word.end()
        alternative = alternative or word[0] == "or"
        if word[0].strip(" ,;.") and word[0].strip(".") not in QUIET:
            unread.append(word[0])
    reading.parts = [(part.words, part.condition) for part in parts]
    reading.unread = [" ".join(run) for run in _runs(unread)]
    reading.tree = _joined(parts)
    return reading


def _plain(sentence: str) -> str:
    words = " ".join(sentence.lower().replace("’", "'").split())[:LONGEST]
    return words.rstrip(" .!?")


def _longest(known, words: str, at: int):
    """The longest phrase that begins here and makes a condition; the first taught of equals."""
    best = None
    if at and (words[at - 1].isalnum() or words[at - 1] == "'"):
        return None
    for phrase in known:
        match = phrase.pattern.match(words, at)
        if match and match.end() > at and (best is None or match.end() > best[0].end()):
            condition = _meant(phrase, match)
            if condition is not None:
                best = match, condition
    return best


def _meant(phrase, match):
    """What it means, if that can be asked."""
    try:
        condition = phrase.mean(match)
        PERSON.check(condition)
    except (BadCondition, ArithmeticError, ValueError, KeyError):
        return None
    return condition


def _runs(unread: list) -> list[list[str]]:
    runs, last = [], None
    for word in unread:
        if word is not None:
            if last is None:
                runs.append([])
            runs[-1].append(word)
        last = word
    return runs


def _joined(parts: list[_Part]) -> dict:
    """`active or trialing` is one list; any other `or` parts the sentence, `and` binds closer."""
    groups: list[list[dict]] = []
    for part in parts:
        before = groups[-1][-1] if groups else None
        if part.alternative and _same(before, part.condition):
            groups[-1][-1] = _merged(before, part.condition)
        elif part.alternative or not groups:
            groups.append([part.condition])
        else:
            groups[-1].append(part.condition)
    if not groups:
        return {}
    if len(groups) == 1:
        return {"all": _unrepeated(groups[0])}
    return {"any": [{"all": one} if len(one := _unrepeated(group)) > 1 else one[0] for group in groups]}


def _same(one: dict | None, other: dict) -> bool:
    return bool(one) and one.get("field") == other.get("field") and {one.get("op"), other.get("op")} <= {"is", "in"}


def _merged(one: dict, other: dict) -> dict:
    values = [value for leaf in (one, other)
              for value in (leaf["value"] if isinstance(leaf["value"], list) else [leaf["value"]])]
    return {"field": one["field"], "op": "in", "value": list(dict.fromkeys(values))}


def _unrepeated(conditions: list[dict]) -> list[dict]:
    """Once each; who has a membership need not be called a member beside."""
    found = [one for n, one in enumerate(conditions) if one not in conditions[:n]]
    status = any(one.get("field") == "membership_status" and one.get("op") in ("is", "in") for one in found)
    member = {"field": "stage", "op": "is", "value": "member"}
    return [one for one in found if not (status and one == member)] or found
