"""A condition about people as a form, both ways: the builder of segments, and of every audience.

Names in the form, below a prefix (`c`): `c.match` makes a group (all, any, none, some); `c.0.field`, `.op`, `.value`,
`.n`, `.unit`, `.event`, `.times` make a line, `.was` the field it was drawn for. Order on the page is order in the
tree. Buttons: add, add-group, copy, remove, up, down, each with the place it is about; describe adds what `c.words`
says, in English or as a condition's JSON.
"""
import json
from copy import deepcopy
from dataclasses import dataclass, field

from app.people import PERSON, Person, counted, few, tally
from app.spine.conditions import BadCondition

from . import lines
from .plain import Reading, read

FIRST = {"field": "stage", "op": "is", "value": "member"}
BUTTONS = ("add", "add-group", "copy", "remove", "up", "down", "describe")
DEEPEST = 4                     # groups inside groups


def pressed(form) -> bool:
    """Whether a button of the builder sent the form: show it again, save nothing."""
    return any(name in form for name in BUTTONS)


@dataclass
class Asked:
    """A condition and what the builder says about it. `focus`: the id of the control to go on with; `told`: what was
    just described, as it was understood."""
    tree: dict
    prefix: str = "c"
    own: str | None = None      # the segment whose condition it is
    focus: str | None = None
    told: Reading | None = None
    error: str | None = field(init=False, default=None)
    group: dict = field(init=False)

    def __post_init__(self):
        self.group = _group(self.tree, self.prefix, 0)
        whole = [line for line in self.lines if line["criterion"] is not None]
        for line, alone in zip(whole, tally([line["criterion"] for line in whole]), strict=True):
            line["alone"] = alone
        try:
            PERSON.check(self.tree, own=self.own)
        except BadCondition as error:
            self.error = f"{error.reason[:1].upper()}{error.reason[1:]}."

    @classmethod
    def of(cls, form, prefix: str = "c", own: str | None = None) -> "Asked":
        """From a form, its pressed button done."""
        reading = _Reading(form)
        tree = reading.group(prefix, prefix, 0) or {}
        if form.get("describe") != prefix:
            return cls(tree, prefix, own, reading.focus)
        told = described(form.get(f"{prefix}.words", ""))
        return cls(with_more(tree, told.tree), prefix, own, f"{prefix}.words", told)

    @property
    def lines(self) -> list[dict]:
        """Every line, from top to bottom."""
        return list(_flat(self.group))

    @property
    def people(self):
        """A select of whom it finds; ask `error` first."""
        return Person.matching(self.tree)

    @property
    def total(self) -> int | None:
        """How many it finds; None when it cannot be asked."""
        return None if self.error else counted(self.people)

    @property
    def sentence(self) -> str | None:
        return None if self.error else PERSON.said(self.tree)

    def sample(self, total: int, most: int = 5) -> list[Person]:
        """A few of its `total`, the ones seen last first."""
        if self.error:
            return []
        return few(self.people, most, total)


def _flat(part: dict):
    for one in part["parts"]:
        yield from _flat(one) if "parts" in one else (one,)


def _group(tree: dict, place: str, depth: int) -> dict:
    match, parts = _apart(tree)
    told = [_group(part, f"{place}.{n}", depth + 1) if _apart_at_all(part) else lines.shown(part, f"{place}.{n}")
            for n, part in enumerate(parts)]
    for n, one in enumerate(told):
        one["first"], one["last"] = n == 0, n == len(told) - 1
    return {"prefix": place, "match": match, "depth": depth, "parts": told, "nests": depth < DEEPEST}


def _apart_at_all(part: dict) -> bool:
    return "field" not in part and "op" not in part


def _apart(tree: dict) -> tuple[str, list]:
    """How many must match, of what."""
    if not tree:
        return "all", []
    if "not" in tree:
        match, parts = _apart(tree["not"])
        if match in ("all", "any") and _apart_at_all(tree["not"]):
            return {"any": "none", "all": "some"}[match], parts
        return "none", [tree["not"]]
    if not _apart_at_all(tree):
        return "all", [tree]
    return ("any", tree["any"]) if "any" in tree else ("all", tree["all"])


def joined(match: str, parts: list) -> dict | None:
    """The parts as one tree, or None for no parts."""
    if not parts:
        return None
    inner = {"any" if match in ("any", "none") else "all": parts}
    return {"not": inner} if match in ("none", "some") else inner


def described(words: str) -> Reading:
    """A condition out of what somebody typed or pasted: the JSON of one, or English."""
    words = words.strip()
    if not words.startswith("{"):
        return read(words)
    try:
        tree = PERSON.check(json.loads(words))
    except (ValueError, RecursionError) as error:           # BadCondition is one
        reason = str(error) if isinstance(error, BadCondition) else "what begins with { and is no JSON"
        return Reading(unread=[reason])
    return Reading(tree, [("the condition", tree)])


def with_more(tree: dict, more: dict) -> dict:
    """Both conditions must match; the line a fresh builder begins with makes room."""
    if not more:
        return tree
    match, parts = _apart(tree)
    if not parts or parts == [FIRST]:
        return more if _apart_at_all(more) else {"all": [more]}
    wider = more["all"] if match == "all" and "all" in more else [more]
    return joined("all", [*(parts if match == "all" else [tree]), *wider])


class _Reading:
    """Goes through a form once; remembers where the next key stroke belongs."""

    def __init__(self, form):
        self.form, self.focus = form, None
        self.asked = {name: form.get(name) for name in BUTTONS}

    def group(self, place: str, out: str, depth: int) -> dict | None:
        parts: list = []
        for inner in self._order(place):
            there = f"{out}.{len(parts)}"
            part = (self.group(inner, there, depth + 1) if f"{inner}.match" in self.form
                    else lines.read(self.form, inner))
            if part is not None:
                parts.append(part)
                self._follow(inner, there)
                if self.asked["copy"] == inner:
                    self.focus = f"{out}.{len(parts)}.copy"
                    parts.append(deepcopy(part))
        if self.asked["add"] == place:
            self.focus = f"{out}.{len(parts)}.field"
            parts.append(dict(FIRST))
        if self.asked["add-group"] == place and depth < DEEPEST:
            self.focus = f"{out}.{len(parts)}.0.field"
            parts.append({"any": [dict(FIRST)]})
        return joined(self.form.get(f"{place}.match", "all"), parts)

    def _follow(self, inner: str, there: str) -> None:
        for name in ("up", "down"):
            if self.asked[name] == inner:
                self.focus = f"{there}.{name}"

    def _order(self, place: str) -> list[str]:
        """The parts of a group as they stand on the page, after the pressed button."""
        found = {}
        for name in self.form:
            number = name.removeprefix(f"{place}.").split(".")[0] if name.startswith(f"{place}.") else ""
            if number.isdigit():
                found[f"{place}.{number}"] = True
        order = [inner for inner in found if inner != self.asked["remove"]]
        if len(order) < len(found):
            self.focus = f"{place}.add"
        for name, step in (("up", -1), ("down", 1)):
            if self.asked[name] in order:
                at = order.index(self.asked[name])
                order.insert(max(at + step, 0), order.pop(at))
        return order
