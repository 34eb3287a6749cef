"""A vocabulary: the fields that may be asked of one kind of subject, and the three readers of a tree."""
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, false, func, not_, or_, true

from app.kit import clock

from .asking import Question
from .tree import BadCondition, leaves, walk

MAX_TRAIL = 3                       # segments inside segments


@dataclass(frozen=True, eq=False)
class Field:
    """Something that can be asked. `kind` is a key of KINDS.

    `column` is a column, or for tags, deeds, segments and free values a function that gives one; None when it can
    only be judged in Python. `read(subject)` gives the value there, `getattr(subject, name)` when absent.
    """
    name: str
    label: str
    kind: str
    column: Any = None
    read: Callable[[Any], Any] | None = None
    choices: Callable[[], dict] | dict | None = None     # value -> label, for the builder
    clean: Callable[[str], str] | None = None            # brings a choice into the form it is stored in
    group: str = "person"
    names: tuple[str, ...] = field(default=())           # other names this field answers to

    def options(self) -> dict:
        """Its choices now, value -> label; empty when anything goes."""
        return (self.choices() if callable(self.choices) else self.choices) or {}

    def called(self, value, otherwise: str) -> str:
        """What a page calls one of its values; choices with `of` need not be read in full for that."""
        of = getattr(self.choices, "of", None) or self.options().get
        return of(value) or otherwise

    def value_of(self, subject):
        return self.read(subject) if self.read else getattr(subject, self.name, None)


@dataclass(frozen=True)
class Moment:
    """What a reading depends on besides tree and subject."""
    now: datetime
    zone: ZoneInfo
    trail: tuple[str, ...] = ()


class Vocabulary:
    """Fields by name. `families` make fields for a prefix: `{"custom.": function of the rest of the name}`.

    `account()` gives the account whose zone and currency count; `segment(id)` gives (name, tree) or None.
    """

    def __init__(self, *fields: Field, families=None, account=None, segment=None):
        self._fields: dict[str, Field] = {}
        self.families = dict(families or {})
        self.account, self.segment = account, segment
        for one in fields:
            self.add(one)

    def add(self, one: Field) -> Field:
        """Teach a field; another domain may add its own."""
        for name in (one.name, *one.names):
            self._fields[name] = one
        return one

    def fields(self) -> list[Field]:
        """All fields that have a name of their own, in the order they were added."""
        return list(dict.fromkeys(self._fields.values()))

    def __getitem__(self, name: str) -> Field:
        if isinstance(name, str):
            if name in self._fields:
                return self._fields[name]
            for prefix, make in self.families.items():
                if name.startswith(prefix) and (made := make(name.removeprefix(prefix))):
                    return made
        raise BadCondition(f"there is no field called {name!r}")

    def where(self, tree, now: datetime | None = None, _trail=()):
        """SQL that is true for those the tree finds."""
        moment = self._moment(now, _trail)
        return walk(tree, self._leaf(moment, lambda asked: asked.sql()), _join_sql)

    def matches(self, tree, subject, now: datetime | None = None, _trail=()) -> bool:
        """Whether the tree finds this one subject; the same answer as `where` gives."""
        moment = self._moment(now, _trail)
        return bool(walk(tree, self._leaf(moment, lambda asked: asked.test(subject)), _join_python))

    def sentence(self, tree, now: datetime | None = None) -> str:
        """The tree in English: `membership is active and tags include "VIP"`; `everyone` for the empty tree."""
        moment = self._moment(now, ())
        said = walk(tree, self._leaf(moment, lambda asked: (asked.words(), True)), _join_words)[0]
        return said or "everyone"

    def said(self, tree) -> str:
        """The tree as a sentence of its own: a capital, a full stop."""
        words = self.sentence(tree)
        start = len(words) - len(words.lstrip("("))
        return f"{words[:start]}{words[start:start + 1].upper()}{words[start + 1:]}."

    def check(self, tree, own: str | None = None) -> dict:
        """The tree, if every reader can read it; else BadCondition. `own`: the segment whose condition it will be."""
        leaves(tree)
        moment = self._moment(None, (own,) if own else ())
        walk(tree, self._leaf(moment, lambda asked: asked.check()), lambda name, parts: None)
        return tree or {}

    def _leaf(self, moment, read):
        """What one reader does with a leaf; a complaint carries the leaf's place."""
        def at(leaf, path):
            try:
                return read(Question(self, leaf, moment))
            except BadCondition as error:
                raise error if error.path else BadCondition(error.reason, path or "condition") from None
        return at

    def _moment(self, now, trail) -> Moment:
        account = self.account() if self.account else None
        return Moment(now or clock.now(), account.zone if account else ZoneInfo("UTC"), tuple(trail))

    def referred(self, segment_id: str, moment: Moment):
        """(name, tree, the trail inside it) of a segment named in a leaf; refuses circles and deep chains."""
        found = self.segment(segment_id) if self.segment else None
        if found is None:
            raise BadCondition(f"there is no segment {segment_id!r}")
        if segment_id in moment.trail:
            raise BadCondition(f"the segment {found[0]!r} would ask itself")
        if len(moment.trail) >= MAX_TRAIL:
            raise BadCondition(f"segments refer to segments at most {MAX_TRAIL} deep")
        return found[0], found[1], (*moment.trail, segment_id)

    def with_account(self, account) -> "Vocabulary":
        """The same words read for another account's zone and currency."""
        other = Vocabulary(families=self.families, account=account, segment=self.segment)
        other._fields = self._fields
        return other


def _join_sql(name, parts):
    if name == "not":
        return not_(func.coalesce(parts[0], false()))
    return and_(true(), *parts) if name == "all" else or_(false(), *parts)


def _join_python(name, parts):
    return not parts[0] if name == "not" else (all if name == "all" else any)(parts)


def _join_words(name, parts):
    """(words, simple); what is joined inside another joint gets brackets."""
    wrapped = [words if simple else f"({words})" for words, simple in parts]
    if name == "not":
        return f"not {wrapped[0] or '(everyone)'}", True
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return ("" if name == "all" else "nobody"), True
    return (" and " if name == "all" else " or ").join(words or "everyone" for words in wrapped), False


