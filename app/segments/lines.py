"""One line of the builder: a field, a comparison and the right control for its value, both ways."""
import re
from decimal import Decimal

from app.accounts import current_account
from app.kit.clock import now
from app.kit.money import to_major, to_minor
from app.people import PERSON, custom_fields
from app.spine.conditions import KINDS, BadCondition
from app.spine.events import CATALOGUE

GROUPS = {"membership": "Membership", "payments": "Money", "activity": "Activity", "events": "What they did",
          "risk": "Risk", "person": "Person", "custom": "Your own fields"}
UNITS = [("hours", "hours"), ("days", "days"), ("weeks", "weeks"), ("months", "months"), ("years", "years")]
SPAN = {"n": 30, "unit": "days"}
USUAL = {"text": "contains", "number": "gte", "money": "gt", "days": "gte", "date": "in_last", "tags": "has",
         "deeds": "did"}       # the comparison a fresh line begins with; else the first its kind has
NUMERIC = ("gt", "gte", "lt", "lte")
DATED = ("before", "after")


def read(form, place: str) -> dict:
    """The leaf a line asks for, not checked; a line whose field was just changed begins anew."""
    name = form.get(f"{place}.field", "")
    try:
        field = PERSON[name]
    except BadCondition:
        return {"field": name, "op": "is", "value": ""}
    ops, op = KINDS[field.kind], form.get(f"{place}.op")
    if form.get(f"{place}.was", name) != name:
        op = None
    if op not in ops:
        op = USUAL.get(field.kind, next(iter(ops)))
        return _leaf(field, op, usual_value(field, op))
    return _leaf(field, op, _value(form, place, field, op))


def _leaf(field, op: str, value) -> dict:
    return {"field": field.name, "op": op} | ({} if value is None else {"value": value})


def usual_value(field, op: str):
    """What a fresh line asks for, so that it means something at once."""
    takes, choices = KINDS[field.kind][op].takes, list(map(str, field.options()))
    if takes in ("last", "next"):
        return dict(SPAN)
    if takes == "deed":
        return {"event": "payment.failed", "within": dict(SPAN)}
    today = f"{now().astimezone(current_account().zone):%Y-%m-%d}"
    one = {"money": to_minor(100, current_account().currency), "number": 1, "days": 30, "bool": True,
           "date": today}.get(field.kind, choices[0] if choices else "")
    return {"nothing": None, "many": [one], "two": [one, one]}.get(takes, one)


def _value(form, place: str, field, op: str):
    takes = KINDS[field.kind][op].takes
    typed = [text for text in map(str.strip, form.getlist(f"{place}.value")) if text]
    if takes == "nothing":
        return None
    if takes == "deed":
        return _deed(form, place)
    if takes in ("last", "next"):
        return _span(form, place)
    if takes == "many" and not field.options():
        typed = [text for one in typed for text in map(str.strip, one.split(",")) if text]
    values = [_typed(field, op, text) for text in typed]
    if not values and (field.options() or field.kind in ("bool", "date")):
        return usual_value(field, op)                     # the control had nothing to choose from before
    if takes == "many":
        return values
    return (values * 2)[:2] if takes == "two" else (values or [""])[0]


def _span(form, place: str) -> dict:
    n = form.get(f"{place}.n", str(SPAN["n"])).strip()
    return {"n": int(n) if re.fullmatch("[0-9]{1,9}", n) else n, "unit": form.get(f"{place}.unit") or SPAN["unit"]}


def _deed(form, place: str) -> dict:
    value = {"event": form.get(f"{place}.event") or "payment.failed"}
    times = form.get(f"{place}.times", "1").strip()
    if times != "1":
        value["at_least"] = int(times) if re.fullmatch("[0-9]{1,9}", times) else times
    if form.get(f"{place}.unit") != "ever":
        value["within"] = _span(form, place)
    return value


def _typed(field, op: str, text: str):
    """A typed value as it is kept: money in minor units, numbers as numbers."""
    if field.kind == "bool":
        return text == "true"
    if field.kind not in ("money", "number", "days") and not (field.kind == "free" and op in (*NUMERIC, "between")):
        return text
    try:
        plain = text.replace(",", "").lstrip("$€£¥")
        if field.kind == "money":
            return to_minor(plain, current_account().currency)
        number = Decimal(plain)
        return int(number) if number == int(number) else float(number)
    except (ArithmeticError, ValueError):
        return text


def shown(leaf: dict, place: str) -> dict:
    """What a line's controls show: {prefix, field, fields, op, ops, control, value, ..., alone, error}."""
    name = leaf.get("field") or "events"
    line = {"prefix": place, "field": name, "fields": fields(name), "op": leaf.get("op"), "label": name,
            "alone": None, **_criterion(leaf)}
    try:
        field = PERSON[name]
        takes = KINDS[field.kind][line["op"]].takes
    except (BadCondition, KeyError):
        return {**line, "ops": [(line["op"], line["op"])], "control": "nothing"}
    ops = [(op, one.words) for op, one in KINDS[field.kind].items()]
    return {**line, "label": field.label, "ops": ops, **_control(field, line["op"], takes, leaf.get("value"))}


def _criterion(leaf: dict) -> dict:
    """What it asks, for `alone` to be counted with the others; or what is missing."""
    try:
        return {"criterion": PERSON.where(leaf), "error": None}
    except BadCondition as error:
        empty = leaf.get("value") in ("", [], None)
        return {"criterion": None, "error": "Say which." if empty else f"{error.reason[:1].upper()}{error.reason[1:]}."}


def _control(field, op: str, takes: str, value) -> dict:
    if takes == "nothing":
        return {"control": "nothing"}
    if takes in ("last", "next"):
        return {"control": "span", **SPAN, **(value if isinstance(value, dict) else {}), "units": UNITS}
    if takes == "deed":
        value = value if isinstance(value, dict) else {}
        within = value.get("within") or {"n": SPAN["n"], "unit": "ever"}
        return {"control": "deed", "event": value.get("event"), "events": deeds(value.get("event")),
                "times": value.get("at_least", 1), "n": within.get("n"), "unit": within.get("unit", "days"),
                "units": [("ever", "any time"), *UNITS]}
    values = value if isinstance(value, list | tuple) else [value]
    choices = [("true", "yes"), ("false", "no")] if field.kind == "bool" else list(field.options().items())
    held = [_plain(field, one) for one in values]
    if choices:
        known = {str(key) for key, _ in choices}
        choices = [*((one, one) for one in held if one and one not in known), *((str(k), v) for k, v in choices)]
        return {"control": "many" if takes == "many" else "choice", "values": held, "choices": choices}
    kind = "date" if field.kind == "date" or op in DATED else field.kind
    kind = "number" if kind == "days" or (op in NUMERIC and kind == "free") else kind
    told = {"control": kind if kind in ("date", "number", "money") else "text", "values": held}
    return {**told, "two": True, "values": (held * 2)[:2]} if takes == "two" else {**told, "values": [", ".join(held)]}


def _plain(field, value) -> str:
    if field.kind == "bool":
        return "true" if value in (True, "true", "yes") else "false"
    if field.kind == "money" and isinstance(value, int):
        return f"{to_major(value, current_account().currency):f}".removesuffix(".00")
    text = "" if value is None else str(value)
    return field.clean(text) if field.clean and text else text


def fields(now_chosen: str) -> list[tuple[str, list]]:
    """Every field, grouped for the list to choose from; a foreign one that is in use stays choosable."""
    groups: dict[str, list] = {said: [] for said in GROUPS.values()}
    for one in [*PERSON.fields(), *custom_fields()]:
        groups.setdefault(GROUPS.get(one.group, one.group.capitalize()), []).append((one.name, one.label))
    if all(now_chosen != name for group in groups.values() for name, _ in group):
        groups["Other"] = [(now_chosen, now_chosen)]
    return [(said, group) for said, group in groups.items() if group]


def deeds(chosen: str | None) -> list[tuple[str, str]]:
    """Every event, by its label; a family such as `activity.*` when it is in use."""
    known = [(kind.name, kind.label) for kind in sorted(CATALOGUE.values(), key=lambda kind: kind.label)]
    return known if not chosen or chosen in CATALOGUE else [(chosen, chosen), *known]
