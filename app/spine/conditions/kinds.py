"""Every operator of every kind of field, said once: its words, what value it takes, its SQL and its Python."""
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import Any

from sqlalchemy import BigInteger, and_, false, literal, not_, or_, true


@dataclass(frozen=True)
class Op:
    """`sql(column, value)` and `test(known, value)` must agree; `takes` names the parser of the value."""
    words: str
    takes: str                          # nothing one many two last next deed
    sql: Callable[[Any, Any], Any]
    test: Callable[[Any, Any], bool]


def known(test):
    """Python's side of "NULL is not found"."""
    return lambda a, v: a is not None and test(a, v)


def whole(n: int):
    return literal(n, BigInteger())


def equal_number(column, v: Decimal):
    return column == whole(int(v)) if v == int(v) else false()


def other_number(column, v: Decimal):
    return column.is_distinct_from(whole(int(v))) if v == int(v) else true()


def one_of(column, values):
    return column.in_([whole(int(v)) for v in values if v == int(v)])


SET = {
    "is_set": Op("is known", "nothing", lambda c, v: c.is_not(None), lambda a, v: a is not None),
    "is_not_set": Op("is not known", "nothing", lambda c, v: c.is_(None), lambda a, v: a is None),
}
SAME = {
    "is": Op("is", "one", lambda c, v: c == v, known(lambda a, v: a == v)),
    "is_not": Op("is not", "one", lambda c, v: c.is_distinct_from(v), lambda a, v: a != v),
}
CHOICE = {
    **SAME,
    "in": Op("is any of", "many", lambda c, v: c.in_(v), known(lambda a, v: a in v)),
    "not_in": Op("is none of", "many", lambda c, v: or_(c.not_in(v), c.is_(None)), lambda a, v: a not in v),
    **SET,
}
TEXT = {
    **CHOICE,
    "contains": Op("contains", "one", lambda c, v: c.contains(v, autoescape=True), known(lambda a, v: v in a)),
}
NUMBER = {
    "is": Op("is", "one", equal_number, known(lambda a, v: a == v)),
    "is_not": Op("is not", "one", other_number, lambda a, v: a != v),
    "gt": Op("is more than", "one", lambda c, v: c > whole(floor(v)), known(lambda a, v: a > v)),
    "gte": Op("is at least", "one", lambda c, v: c >= whole(ceil(v)), known(lambda a, v: a >= v)),
    "lt": Op("is less than", "one", lambda c, v: c < whole(ceil(v)), known(lambda a, v: a < v)),
    "lte": Op("is at most", "one", lambda c, v: c <= whole(floor(v)), known(lambda a, v: a <= v)),
    "between": Op("is between", "two", lambda c, v: and_(c >= whole(ceil(v[0])), c <= whole(floor(v[1]))),
                  known(lambda a, v: v[0] <= a <= v[1])),
    "in": Op("is any of", "many", one_of, known(lambda a, v: a in v)),
    "not_in": Op("is none of", "many", lambda c, v: or_(not_(one_of(c, v)), c.is_(None)), lambda a, v: a not in v),
    **SET,
}
# A date's value is (from, to): half open for days, both ends included for what rolls.
DATE = {
    "before": Op("is before", "one", lambda c, v: c < v[0], known(lambda a, v: a < v[0])),
    "after": Op("is after", "one", lambda c, v: c >= v[1], known(lambda a, v: a >= v[1])),
    "is": Op("is on", "one", lambda c, v: and_(c >= v[0], c < v[1]), known(lambda a, v: v[0] <= a < v[1])),
    "between": Op("is between", "two", lambda c, v: and_(c >= v[0], c < v[1]), known(lambda a, v: v[0] <= a < v[1])),
    "in_last": Op("is in the last", "last", lambda c, v: and_(c >= v[0], c <= v[1]),
                  known(lambda a, v: v[0] <= a <= v[1])),
    "not_in_last": Op("is not in the last", "last", lambda c, v: or_(c < v[0], c > v[1], c.is_(None)),
                      lambda a, v: a is None or not v[0] <= a <= v[1]),
    "in_next": Op("is in the next", "next", lambda c, v: and_(c >= v[0], c <= v[1]),
                  known(lambda a, v: v[0] <= a <= v[1])),
    **SET,
}
# The column of the next three is a function that gives the clause for "has any of these".
TAGS = {
    "has": Op("include", "one", lambda c, v: c([v]), lambda a, v: v in a),
    "has_any": Op("include any of", "many", lambda c, v: c(v), lambda a, v: not a.isdisjoint(v)),
    "has_all": Op("include all of", "many", lambda c, v: and_(true(), *(c([one]) for one in v)),
                  lambda a, v: a.issuperset(v)),
    "has_none": Op("include none of", "many", lambda c, v: not_(c(v)), lambda a, v: a.isdisjoint(v)),
    "is_set": Op("are there", "nothing", lambda c, v: c(None), lambda a, v: bool(a)),
    "is_not_set": Op("are missing", "nothing", lambda c, v: not_(c(None)), lambda a, v: not a),
}
DEEDS = {
    "did": Op("did", "deed", lambda c, v: c(v), lambda a, v: a(v)),
    "did_not": Op("did not", "deed", lambda c, v: not_(c(v)), lambda a, v: not a(v)),
}
SEGMENT = {
    "is": Op("is", "one", lambda c, v: c([v]), lambda a, v: a([v])),
    "is_not": Op("is not", "one", lambda c, v: not_(c([v])), lambda a, v: not a([v])),
    "in": Op("is any of", "many", lambda c, v: c(v), lambda a, v: a(v)),
    "not_in": Op("is none of", "many", lambda c, v: not_(c(v)), lambda a, v: not a(v)),
}
FREE = {**TEXT, **NUMBER, **{name: op for name, op in DATE.items() if name != "is"}, "contains": TEXT["contains"]}
KINDS = {"choice": CHOICE, "text": TEXT, "number": NUMBER, "money": NUMBER, "days": NUMBER, "bool": {**SAME, **SET},
         "date": DATE, "tags": TAGS, "deeds": DEEDS, "segment": SEGMENT, "free": FREE}
