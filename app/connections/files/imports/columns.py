"""What the columns of a file are, by their names and by what stands in them; and whose file it is."""
import re
from dataclasses import dataclass, field

from app.connections.importing import KINDS, Kind
from app.kit.tables import Table, folded

KEEP, LEAVE = "keep", "leave"              # as a field of the creator's own, and not at all
MAJOR = ":major"                           # of a money column: in dollars, not in cents
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
FOREIGN: list["Foreign"] = []


@dataclass(frozen=True)
class Column:
    """A place a column may go to. `also` are usual names, in whatever language; `holds`: text, moment, money, number;
    `starts` is how its values begin when they are what they seem, such as `cus_`."""
    name: str
    label: str
    also: str = ""                         # parted by commas
    holds: str = "text"
    starts: str = ""

    @property
    def names(self) -> set[str]:
        return {folded(one) for one in (self.name, self.label, *self.also.split(","))} - {""}


@dataclass(frozen=True)
class Foreign:
    """Another program's export, known by columns it always has and by how the values of one begin (`sign`)."""
    label: str
    kind: str
    needs: frozenset
    places: dict = field(default_factory=dict)           # folded column -> place
    words: dict = field(default_factory=dict)            # place -> {their word: ours}
    rest: str | None = LEAVE               # where other columns go; None: as their names say
    sign: tuple[str, ...] = ()

    def is_it(self, table: Table) -> bool:
        names = {folded(name) for name in table.names}
        return self.needs <= names and (not self.sign or any(
            begins(table.values(place), sign) for place in range(len(table.names)) for sign in self.sign))


def begins(values: list[str], start: str) -> bool:
    return bool(values) and all(value.startswith(start) for value in values)


def foreign(label: str, kind: str, *, needs, places=None, words=None, rest=LEAVE, sign=()) -> None:
    """Say how another program's export is read; an adapter does so for its vendor."""
    FOREIGN.append(Foreign(label, kind, frozenset(map(folded, needs)), {
        folded(name): place for name, place in (places or {}).items()}, dict(words or {}), rest, tuple(sign)))


def known_as(label: str | None) -> Foreign | None:
    return next((one for one in FOREIGN if one.label == label), None)


def recognised(table: Table) -> tuple[str, Foreign | None]:
    """(kind, whose export it is, if anybody's): the most particular first."""
    names = {folded(name) for name in table.names}
    theirs = max((one for one in FOREIGN if one.is_it(table)), key=lambda one: len(one.needs), default=None)
    if theirs:
        return theirs.kind, theirs
    fits = {name: fitting(kind, names) for name, kind in offered().items()}
    best = max(fits, key=lambda name: (fits[name], name == "people"))
    return best if fits[best] else "people", None


def offered() -> dict[str, Kind]:
    """The kinds that the wizard takes."""
    return {name: kind for name, kind in KINDS.items() if kind.shown}


def fitting(kind: Kind, names: set[str]) -> int:
    """How many of the file's columns this kind knows; 0 when one it needs is not there."""
    known = {column.name: column.names for column in kind.shown}
    has = {name for name, words in known.items() if words & names}
    needed = all(any(one in has or one + MAJOR in has for one in need.split("|")) for need in kind.needs)
    return len(has) if needed else 0


def guessed(table: Table, kind: Kind, theirs: Foreign | None) -> dict[str, str]:
    """Column -> place, each place once; columns without anything in them are left out."""
    found, taken = {}, set()
    for position, name in enumerate(table.names):
        values = table.values(position)
        place = theirs.places.get(folded(name), theirs.rest) if theirs else None
        place = place or _by_start(values, kind) or _by_name(kind, folded(name)) or _by_values(values, kind)
        if place in (KEEP, None) and not table.values(position):
            place = LEAVE
        if place not in (KEEP, LEAVE, None):
            bare = place.removesuffix(MAJOR)
            place = KEEP if bare in taken else place
            taken.add(bare)
            if holds(kind, bare) == "money" and place == bare and not in_cents(name):
                place = bare + MAJOR
        found[name] = place or KEEP
    return found


def in_cents(name: str) -> bool:
    return bool({"cent", "cents", "minor"} & set(folded(name).split()))


def _by_name(kind: Kind, name: str) -> str | None:
    return next((column.name for column in kind.shown if name in column.names), None)


def _by_start(values: list[str], kind: Kind) -> str | None:
    return next((column.name for column in kind.shown if column.starts and begins(values, column.starts)), None)


def _by_values(values: list[str], kind: Kind) -> str | None:
    there = {column.name for column in kind.shown}
    mails = sum(bool(EMAIL.fullmatch(value)) for value in values)
    return "email" if "email" in there and values and mails >= 0.8 * len(values) else None


def holds(kind: Kind, place: str) -> str:
    """What kind of value goes to a place."""
    return next((column.holds for column in kind.shown if column.name == place.removesuffix(MAJOR)), "text")


def choices(kind: Kind) -> list[tuple[str, str]]:
    """What a column may be mapped to, as a select shows it."""
    found = []
    for column in kind.shown:
        if column.holds == "money":
            found += [(column.name + MAJOR, f"{column.label}, such as 49.00"), (column.name,
                                                                                f"{column.label}, in cents")]
        else:
            found.append((column.name, column.label))
    return [*found, (KEEP, "Keep as a field of your own"), (LEAVE, "Leave out")]


def missing(kind: Kind, mapping: dict) -> str | None:
    """In words, what the mapping lacks or has twice; None when it can be used."""
    places = [place.removesuffix(MAJOR) for place in mapping.values() if place not in (KEEP, LEAVE)]
    labels = {column.name: column.label for column in kind.shown}
    twice = sorted({labels[place] for place in places if places.count(place) > 1})
    if twice:
        return f"Two columns go to {', '.join(twice)}. Choose one and leave the other out."
    for need in kind.needs:
        if not set(need.split("|")) & set(places):
            told = " or ".join(labels.get(one, one) for one in need.split("|"))
            return f"No column says {told}. Choose which one does."
    return None
