"""The slots of a template: `{{first_name}}`, `{{first_name|there}}`. Our own substitution over a list of names.

A domain adds its own: `@variable("card_link", "Link to put in a new card", example="https://...")` on a function
`(person, message) -> str | None`. `message` is None in a preview. No expressions, no attribute access.
"""
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select

from app.accounts import current_account
from app.catalog import Product
from app.spine.db import db

VARIABLES: dict[str, "Variable"] = {}
SLOT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
INSIDE = re.compile(r"\s*([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?)\s*(?:\|(.*))?", re.DOTALL)
CUSTOM = re.compile(r"custom\.[a-z0-9_]{1,60}")


class BadTemplate(ValueError):
    """Words that cannot be sent; `field` says where they stand."""

    def __init__(self, field: str, words: str):
        super().__init__(words)
        self.field = field


class Missing(ValueError):
    """A variable has no value for this person and no fallback."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Variable:
    """A name that templates may use, what it means, and how a person's value is found."""
    name: str
    words: str
    example: str
    read: Callable
    link: bool = False


def variable(name: str, words: str, example: str = "", link: bool = False):
    """Register the reader `(person, message) -> str | None` of a variable."""
    def put(function):
        VARIABLES[name] = Variable(name, words, example, function, link)
        return function
    return put


def slots(text: str) -> list[tuple[str, str | None, int]]:
    """(name, fallback, position) of each slot; a name that cannot be one is given as it stands."""
    found = []
    for match in SLOT.finditer(text):
        inside = INSIDE.fullmatch(match[1])
        name, fallback = (inside[1], inside[2]) if inside else (match[1].strip(), None)
        found.append((name, fallback.strip() if fallback is not None else None, match.start()))
    return found


def known(name: str) -> bool:
    return name in VARIABLES or bool(CUSTOM.fullmatch(name))


def check(text: str, field: str = "body") -> None:
    """Raise BadTemplate for a name we do not know or a brace that does not close, saying where."""
    for name, _fallback, position in slots(text):
        if not known(name):
            raise BadTemplate(field, f"{{{{{name}}}}} {_where(text, position)} is not a variable we know.")
    left = SLOT.sub(lambda match: " " * len(match[0]), text)
    for braces in ("{{", "}}"):
        if braces in left:
            raise BadTemplate(field, f"The {braces} {_where(text, left.index(braces))} has no other half.")


def _where(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"at line {line}, character {column}"


def values(texts, person, message=None, given: dict | None = None) -> dict:
    """name -> value for every slot in the texts; raises Missing for one without value and fallback."""
    found, given = {}, given or {}
    for text in texts:
        for name, fallback, _position in slots(text):
            value = found.get(name) or _value(name, person, message, given)
            if not value and fallback is None:
                raise Missing(name)
            found[name] = value
    return found


def _value(name: str, person, message, given: dict) -> str:
    value = given.get(name)
    if value in (None, "") and name.startswith("custom."):
        value = (person.custom or {}).get(name.removeprefix("custom."))
    elif value in (None, "") and name in VARIABLES:
        value = VARIABLES[name].read(person, message)
    value = "" if value is None else " ".join(str(value).split())
    web = value.lower().startswith(("https://", "http://"))
    return "" if name in VARIABLES and VARIABLES[name].link and not web else value


def fill(text: str, found: dict, dress: Callable[[str], str] = str) -> str:
    """The text with its slots filled; `dress` quotes a value for where it stands."""
    def put(match):
        inside = INSIDE.fullmatch(match[1])
        return dress(found.get(inside[1]) or (inside[2] or "").strip())
    return SLOT.sub(put, text)


@variable("first_name", "First name", "Sofia")
def _first_name(person, message):
    return person.first_name


@variable("name", "Full name", "Sofia Brandt")
def _name(person, message):
    return person.name


@variable("plan_name", "Plan", "Club monthly")
def _plan_name(person, message):
    return person.plan_name


@variable("product_name", "Product", "Second Draft Club")
def _product_name(person, message):
    if not person.product_id:
        return None
    return db.session.scalar(select(Product.name).where(Product.external_id == person.product_id).limit(1))


@variable("unsubscribe_link", "Link to stop these messages", "https://example.com/u/…", link=True)
def _unsubscribe_link(person, message):
    return f"{current_app.config['PUBLIC_URL']}/u/{message.token if message is not None else 'preview'}"


@variable("creator_name", "Your name", "Second Draft")
def _creator_name(person, message):
    return current_account().name


for _given, _words, _example, _link in (
        ("amount", "Amount", "$49.00", False),
        ("discount", "Discount", "30%", False), ("offer_link", "Link to the offer", "https://example.com/offer", True),
        ("pay_link", "Link to pay", "https://example.com/pay", True),
        ("card_link", "Link to put in a new card", "https://example.com/card", True)):
    variable(_given, _words, _example, _link)(lambda person, message: None)
