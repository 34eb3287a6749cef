"""What narrows a list of people, as it stands in an address: every filter becomes one line of a condition."""
from collections.abc import Callable
from dataclasses import dataclass

from flask import abort
from sqlalchemy import select

from app.accounts import current_account, team
from app.kit.money import to_minor
from app.people.models import Tag
from app.people.questions import PERSON
from app.spine.db import db
from app.spine.memory import remembered

SPANS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}


def several(args, name: str) -> list[str]:
    """The values of a word that an address, a form or a kept list may carry several times."""
    return args.getlist(name) if hasattr(args, "getlist") else args.get(name) or []


@dataclass(frozen=True)
class Filter:
    """`name` in the address and `field` of PERSON; `leaf(values)` is its line, `choices()` what may be picked.

    A value nobody has finds nobody: a list that was saved must not become everybody when a plan goes.
    """
    name: str
    label: str
    field: str
    choices: Callable[[], dict]                  # value in the address -> label
    leaf: Callable[[list[str]], dict]
    strict: bool = False                         # a value we do not know is an absent page
    closed: bool = False                         # nothing else can be said in its leaf

    def read(self, args) -> list[str]:
        """Its values in an address, those that can be; raises 404 where a strict one names nothing."""
        typed = [value for value in several(args, self.name) if isinstance(value, str) and value][:20]
        if not typed:
            return []
        if self.strict or self.closed:
            known = self.choices()
            if self.strict and any(value not in known for value in typed):
                abort(404)
            typed = [value for value in typed if value in known]
        return list(dict.fromkeys(value[:200] for value in typed))

    def said(self, values: list[str]) -> str:
        """The values by what they are called."""
        known = self.choices()
        return ", ".join(known.get(one, one) for one in values)


def any_of(field: str, values: list) -> dict:
    """One value is asked as `is`, several as `in`."""
    return {"field": field, "op": "is", "value": values[0]} if len(values) == 1 else {
        "field": field, "op": "in", "value": values}


def _of(name: str, label: str, field: str | None = None, **traits) -> Filter:
    """Any of the values a field has."""
    field = field or name
    return Filter(name, label, field,
                  lambda: {str(key): said for key, said in remembered(f"filter {name}", None,
                                                                     PERSON[field].options)[0].items()},
                  lambda values: any_of(field, values), **traits)


def _span(name: str, label: str, field: str, op: str) -> Filter:
    return Filter(name, label, field, lambda: SPANS,
                  lambda values: {"field": field, "op": op, "value": {"n": int(values[0]), "unit": "days"}},
                  closed=True)


def _tags() -> dict:
    return dict(db.session.execute(select(Tag.public_id, Tag.name).order_by(Tag.key)).all())


def _tagged(public_ids: list[str]) -> dict:
    known = _tags()
    names = [known[one] for one in public_ids]
    return {"field": "tags", "op": "has", "value": names[0]} if len(names) == 1 else {
        "field": "tags", "op": "has_any", "value": names}


def _teammates() -> dict:
    return {"nobody": "Nobody", **{user.public_id: user.label for user in team()}}


def _assigned(values: list[str]) -> dict:
    picked = [value for value in values if value != "nobody"]
    leaves = [any_of("assigned_to", picked)] if picked else []
    if "nobody" in values:
        leaves.append({"field": "assigned_to", "op": "is_not_set"})
    return leaves[0] if len(leaves) == 1 else {"any": leaves}


class Spent(Filter):
    """At least so much, typed in the account's currency."""

    def read(self, args) -> list[str]:
        try:
            typed = "".join(several(args, self.name)[:1]).strip().lstrip("$€£¥").replace(",", "")
            return [typed] if typed and to_minor(typed, current_account().currency) > 0 else []
        except (ArithmeticError, ValueError):
            return []


FILTERS = {one.name: one for one in (
    _of("status", "Membership", "membership_status"),
    _of("plan", "Plan"),
    Filter("tag", "Tag", "tags", _tags, _tagged, strict=True),
    _of("segment", "Segment", strict=True),
    _of("lead", "Lead status", "lead_status"),
    _of("source", "Came from", "lead_source"),
    _of("risk", "Risk", "risk_level"),
    _of("country", "Country"),
    Filter("assigned", "Assigned to", "assigned_to", _teammates, _assigned),
    _span("joined", "Joined within", "joined_at", "in_last"),
    _span("seen", "Seen within", "last_active_at", "in_last"),
    _span("quiet", "Not seen for", "last_active_at", "not_in_last"),
    Spent("spent", "Paid at least", "total_spent", dict,
          lambda values: {"field": "total_spent", "op": "gte",
                          "value": to_minor(values[0], current_account().currency)}),
)}
SINGLE = ("joined", "seen", "quiet", "spent")    # one value, not several


