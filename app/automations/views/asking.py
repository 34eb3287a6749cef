"""A condition as the form of `ui/conditions.html` shows it, and the form's answers as a condition again.

Names: `<prefix>.match` makes a group, `<prefix>.<n>.field`, `.op`, `.value`, `.unit` a line in it.
"""
from decimal import Decimal

from sqlalchemy import func

from app.accounts import current_account
from app.kit.money import to_major, to_minor
from app.people import PERSON, Person
from app.spine.conditions import KINDS, BadCondition, leaves
from app.spine.db import db
from app.spine.events import CATALOGUE

FIRST = {"field": "stage", "op": "is", "value": "member"}
UNITS = [("hours", "hours"), ("days", "days"), ("weeks", "weeks"), ("months", "months")]
SPANS = {"": "ever", "7:days": "in the last 7 days", "30:days": "in the last 30 days", "90:days": "in the last 90 days"}


def read(form, prefix: str = "c", tidy: bool = False) -> dict:
    """The condition a form asks for, with its add and remove buttons done; `{}` for everyone. Not checked.

    `tidy`, for a form that is shown again: a value left over from another field gives way to a choice of this one.
    """
    tidy = tidy or pressed(form)
    parts = [read(form, place, tidy) if f"{place}.match" in form else _leaf(form, place, tidy)
             for place in _places(form, prefix) if form.get("remove") != place]
    if form.get("add") == prefix:
        parts.append(dict(FIRST))
    if form.get("add-group") == prefix:
        parts.append({"any": [dict(FIRST)]})
    match = form.get(f"{prefix}.match", "all")
    if not parts:
        return {}
    return {"not": {"any": parts}} if match == "none" else {"any" if match == "any" else "all": parts}


def pressed(form) -> bool:
    """Whether a button of the builder sent the form, so that it is to be shown again rather than saved."""
    return any(name in form for name in ("add", "add-group", "remove"))


def _places(form, prefix: str) -> list[str]:
    """Prefixes of the lines and groups directly under one, as they stand on the page."""
    found = {}
    for name in form:
        number = name.removeprefix(f"{prefix}.").split(".")[0] if name.startswith(f"{prefix}.") else ""
        if number.isdigit():
            found[f"{prefix}.{number}"] = True
    return list(found)


def _leaf(form, place: str, tidy: bool) -> dict:
    name, told = form.get(f"{place}.field", ""), form.get(f"{place}.op", "")
    try:
        field = PERSON[name]
    except BadCondition:
        return {"field": name, "op": "is", "value": ""}
    ops, raw = KINDS[field.kind], form.get(f"{place}.value", "").strip()
    if field.kind == "deeds":
        return _deed(name, told, raw)
    op = told if told in ops else next(iter(ops))
    takes = ops[op].takes
    if takes == "nothing":
        return {"field": name, "op": op}
    if takes in ("last", "next"):
        unit = form.get(f"{place}.unit") or "days"
        return {"field": name, "op": op, "value": {"n": _number(raw or "30"), "unit": unit}}
    if takes in ("many", "two"):
        value = [_typed(field, part.strip()) for part in raw.split(",") if part.strip()]
        return {"field": name, "op": op, "value": value}
    choices = field.options()
    if tidy and choices and raw not in map(str, choices):
        raw = str(next(iter(choices)))
    return {"field": name, "op": op, "value": _typed(field, raw)}


def _deed(name: str, told: str, raw: str) -> dict:
    op, times, n, unit = [*told.split(":"), "1", "", ""][:4]
    value = {"event": raw if raw in CATALOGUE or raw.endswith(".*") else "payment.failed"}
    if times.isdigit() and int(times) > 1:
        value["at_least"] = int(times)
    if n.isdigit():
        value["within"] = {"n": int(n), "unit": unit or "days"}
    return {"field": name, "op": op if op in ("did", "did_not") else "did", "value": value}


def _number(raw: str):
    return int(raw) if raw.isascii() and raw.isdigit() else raw


def _typed(field, raw: str):
    """A typed value as it is kept: money in minor units, numbers as numbers."""
    if field.kind not in ("money", "number", "days"):
        return raw
    try:
        if field.kind == "money":
            return to_minor(raw.replace(",", ""), current_account().currency)
        number = Decimal(raw)
        return int(number) if number == int(number) else float(number)
    except (ArithmeticError, ValueError):
        return raw


def shown(tree: dict, prefix: str = "c", counts: bool = True, depth: int = 0) -> dict:
    """The tree as the builder's macros want it: {prefix, match, depth, parts}, each part a group or a line."""
    match, parts = _taken_apart(tree)
    told = {"prefix": prefix, "match": match, "depth": depth, "group": True, "parts": []}
    for number, part in enumerate(parts):
        place = f"{prefix}.{number}"
        told["parts"].append(_line(part, place, counts) if "field" in part or "op" in part
                             else shown(part, place, counts, depth + 1))
    return told


def _taken_apart(tree: dict) -> tuple[str, list]:
    if not tree:
        return "all", []
    if "not" in tree:
        inner = tree["not"]
        return "none", inner["any"] if "any" in inner else [inner]
    if "field" in tree or "op" in tree:
        return "all", [tree]
    return ("any", tree["any"]) if "any" in tree else ("all", tree["all"])


def _line(leaf: dict, place: str, counts: bool) -> dict:
    name = leaf.get("field") or "events"
    fields = [(one.name, one.label) for one in PERSON.fields()]
    try:
        field = PERSON[name]
    except BadCondition:
        return {"prefix": place, "field": name, "fields": [(name, name), *fields], "op": "is", "ops": [("is", "is")]}
    if name not in dict(fields):
        fields.append((name, field.label))
    line = {"prefix": place, "field": name, "fields": fields, "op": leaf.get("op"), "alone": _count(leaf, counts),
            "ops": [(op, one.words) for op, one in KINDS[field.kind].items()]}
    if field.kind == "deeds":
        return line | _deed_shown(leaf)
    op = KINDS[field.kind].get(leaf.get("op"))
    return line | (_value_shown(field, op.takes, leaf.get("value")) if op else {})


def _deed_shown(leaf: dict) -> dict:
    value = leaf.get("value") or {}
    within = value.get("within") or {}
    key = f"{within['n']}:{within.get('unit', 'days')}" if within else ""
    spans = SPANS | ({key: f"in the last {key.replace(':', ' ')}"} if key not in SPANS else {})
    times = value.get("at_least", 1)
    often = f" {times} times" if times > 1 else ""
    ops = [(_deed_op(op, times, span), f"{said}{often} {words}")
           for op, said in (("did", "did"), ("did_not", "did not")) for span, words in spans.items()]
    kinds = [(kind.name, kind.label) for kind in sorted(CATALOGUE.values(), key=lambda kind: kind.label)]
    event = value.get("event", "")
    return {"op": _deed_op(leaf.get("op", "did"), times, key), "ops": ops, "value": event,
            "values": kinds if event in CATALOGUE or not event else [(event, event), *kinds]}


def _deed_op(op: str, times: int, span: str) -> str:
    return f"{op}:{times}:{span}" if span or times > 1 else op


def _value_shown(field, takes: str, value) -> dict:
    if takes == "nothing":
        return {"values": [("", "–")], "value": ""}
    if takes in ("last", "next"):
        value = value or {}
        return {"value": value.get("n", 30), "unit": value.get("unit", "days"), "units": UNITS, "kind": "number"}
    if takes in ("many", "two"):
        return {"value": ", ".join(_plain(field, one) for one in value or [])}
    choices = field.options()
    if choices:
        known = [(str(key), label) for key, label in choices.items()]
        stored = str(value)
        return {"values": known if stored in dict(known) else [(stored, stored), *known], "value": stored}
    if field.kind == "bool":
        yes = value in (True, "true", "yes")
        return {"values": [("true", "yes"), ("false", "no")], "value": "true" if yes else "false"}
    kind = {"date": "date", "money": "number", "number": "number", "days": "number"}.get(field.kind, "text")
    return {"value": _plain(field, value), "kind": kind}


def _plain(field, value) -> str:
    if field.kind == "money" and isinstance(value, int):
        return f"{to_major(value, current_account().currency):f}"
    return "" if value is None else str(value)


def _count(tree: dict, wanted: bool) -> int | None:
    return count(tree) if wanted else None


def count(tree: dict) -> int | None:
    """How many people it finds now; None when it cannot be asked."""
    try:
        return db.session.scalar(Person.matching(tree).with_only_columns(func.count()).order_by(None))
    except BadCondition:
        return None


def trouble(tree: dict) -> str | None:
    """What is wrong with a condition, in words."""
    try:
        PERSON.check(tree)
        for leaf in leaves(tree):
            field, value = PERSON[leaf.get("field", "events")], leaf.get("value")
            if isinstance(field.choices, dict) and isinstance(value, str) and field.clean(value) not in field.choices:
                raise BadCondition(f"{value or 'nothing'} is not a value of {field.label}")
    except BadCondition as error:
        return f"{error.reason[:1].upper()}{error.reason[1:]}."
    return None
