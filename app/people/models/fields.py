"""Custom fields: which keys an account uses, what kind of value each holds, and how what is typed is read."""
import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.conditions import plain_key, readings
from app.spine.db import Json, Owned, Row, db, insert_once

KINDS = {"text": "Text", "number": "Number", "date": "Date", "bool": "Yes or no", "choice": "Choice"}
YES, NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")
LAST, LONGEST = 100, 2000


class CustomField(Owned, Row):
    """A key seen on `Person.custom`: its label and what kind of value it holds."""
    __tablename__ = "custom_fields"
    key: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    choices: Mapped[list] = mapped_column(Json, default=list)
    place: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @classmethod
    def seen(cls, key: str, value=None, label: str | None = None) -> int | None:
        """Remember a key, with the kind its first value looks like; the new row's id, None when it was known."""
        spoken = label if label and label != key else key.replace("_", " ").capitalize()
        return insert_once(cls, ("account_id", "key"), key=key, label=spoken, kind=kind_of(value), choices=[],
                           place=LAST)

    @classmethod
    def all(cls) -> list["CustomField"]:
        """The account's fields in the order people gave them."""
        return list(db.session.scalars(select(cls).order_by(cls.place, cls.label, cls.id)))

    @classmethod
    def find(cls, key: str) -> "CustomField | None":
        return db.session.scalar(select(cls).where(cls.key == key))

    def read(self, typed):
        """A value as it is kept, from what was typed or sent; None for nothing. Raises ValueError in words."""
        if typed is None or (isinstance(typed, str) and not typed.strip()):
            return None
        if isinstance(typed, list | dict):
            raise ValueError(f"{self.label} takes a single value.")
        return READERS[self.kind](self, typed if isinstance(typed, bool) else str(typed).strip())


def valued(key: str):
    """A criterion: somebody has a value under this key."""
    from .person import Person
    return Person.folded[("t", plain_key(f"custom.{key}"))].as_string().is_not(None)


def _text(field, typed) -> str:
    if len(str(typed)) > LONGEST:
        raise ValueError(f"{field.label} has at most {LONGEST:,} characters.")
    return str(typed)


def _number(field, typed):
    try:
        value = Decimal(str(typed).replace(",", "").replace(" ", ""))
    except InvalidOperation:
        value = Decimal("nan")
    if isinstance(typed, bool) or not value.is_finite() or abs(value) >= 10 ** 12:
        raise ValueError(f"{field.label} is a number, such as 12 or 3.5.")
    return int(value) if value == value.to_integral_value() else float(value)


def _date(field, typed) -> str:
    try:
        return date.fromisoformat(str(typed)[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{field.label} is a date, such as 2026-11-21.") from None


def _bool(field, typed) -> bool:
    word = str(typed).lower()
    if word not in (*YES, *NO):
        raise ValueError(f"{field.label} is yes or no.")
    return word in YES


def _choice(field, typed) -> str:
    found = next((one for one in field.choices if one.casefold() == str(typed).casefold()), None)
    if found is None:
        raise ValueError(f"{field.label} is one of {', '.join(field.choices)}.")
    return found


READERS = {"text": _text, "number": _number, "date": _date, "bool": _bool, "choice": _choice}


def kind_of(value) -> str:
    """The kind a value looks like: text, number, date or bool."""
    if isinstance(value, bool):
        return "bool"
    seen = readings({"it": value})
    return "number" if "n" in seen else "date" if "d" in seen else "text"


def field_key(words: str) -> str:
    """A header or label as a key: lower case, letters, digits and underscores."""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFKC", words).strip().lower()).strip("_")[:60]
