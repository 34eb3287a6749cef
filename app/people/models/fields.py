"""Custom fields: which keys an account uses, and the readings of their values that questions are asked of."""
import re
import unicodedata
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import parse_time
from app.spine.db import Json, Owned, Row, insert_once

KINDS = ("text", "number", "date", "bool", "choice")
MICRO = 1_000_000                      # numbers are read as whole millionths: exact on both databases
LARGEST = Decimal(10) ** 12


class CustomField(Owned, Row):
    """A key seen on `Person.custom`: its label and what kind of value it holds."""
    __tablename__ = "custom_fields"
    key: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    choices: Mapped[list] = mapped_column(Json, default=list)
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @classmethod
    def seen(cls, key: str, value=None, label: str | None = None) -> None:
        """Remember a key, with the kind its first value looks like."""
        insert_once(cls, ("account_id", "key"), key=key, label=label or key.replace("_", " ").capitalize(),
                    kind=kind_of(value), choices=[])


def kind_of(value) -> str:
    """The kind a value looks like: text, number, date or bool."""
    if isinstance(value, bool):
        return "bool"
    seen = readings({"it": value})
    return "number" if "n" in seen else "date" if "d" in seen else "text"


def field_key(words: str) -> str:
    """A header or label as a key: lower case, letters, digits and underscores."""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFKC", words).strip().lower()).strip("_")[:60]


def fold(text) -> str:
    """The form in which text is compared and searched: NFKC, case folded, no outer space, no NUL."""
    return unicodedata.normalize("NFKC", str(text)).casefold().strip().replace("\x00", "")


def readings(values: dict) -> dict:
    """Every way each value may be compared: `t` folded text, `n` millionths, `d` seconds since 1970."""
    read: dict[str, dict] = {}
    for key, value in values.items():
        if value is None or value == "":
            continue
        read.setdefault("t", {})[key] = fold({True: "yes", False: "no"}.get(value, value)
                                             if isinstance(value, bool) else value)
        for letter, number in (("n", _millionths(value)), ("d", _seconds(value))):
            if number is not None:
                read.setdefault(letter, {})[key] = number
    return read


def _millionths(value) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
        return int(number * MICRO) if abs(number) <= LARGEST else None
    except (InvalidOperation, ValueError):
        return None


def _seconds(value) -> int | None:
    if not isinstance(value, datetime):
        if not isinstance(value, str) or not re.match(r"\s*\d{4}-\d\d-\d\d", value):
            return None
        try:
            value = parse_time(value)
        except (ValueError, OverflowError):
            return None
    return int(value.timestamp())
