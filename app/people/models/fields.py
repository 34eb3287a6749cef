"""Custom fields: which keys an account uses, what kind of value each holds, and how a value is read from what is typed."""
import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.conditions import plain_key, readings
from app.spine.db import Json, Owned, Row, db, insert_once

KINDS = {"text": "Text", "number": "Number", "date": "Date", "bool": "Yes or no", "choice": "Choice"}
YES, NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")
MOST, LONGEST = 100, 2000


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
    def seen(cls, key: str, value=None, label: str | None = None) -> None:
        """Remember a key, with the kind its first value looks like."""
        insert_once(cls, ("account_id", "key"), key=key, label=label or key.replace("_", " ").capitalize(),
                    kind=kind_of(value), choices=[], place=MOST)

    @classmethod
    def all(cls) -> list["CustomField"]:
        """The account's fields in the order people gave them."""
        return list(db.session.scalars(select(cls).order_by(cls.place, cls.label, cls.id)))

    @classmethod
    def find(cls, key: str) -> "CustomField | None":
        return db.session.scalar(select(cls).where(cls.key == key))

    @classmethod
    def make(cls, label: str, kind: str = "text", choices=()) -> "CustomField":
        """A new field, the last of all; raises ValueError."""
        field = cls(key=field_key(label or ""), label="", kind="text", choices=[], place=len(cls.all()))
        if not field.key:
            raise ValueError("Give the field a name with letters or digits.")
        if cls.find(field.key) is not None:
            raise ValueError(f"There is a field called {' '.join(label.split())} already.")
        field.alter(label, kind, choices)
        db.session.add(field)
        db.session.flush()
        return field

    def alter(self, label: str, kind: str, choices=()) -> None:
        """Another label, kind or choices, as long as every value that is there fits; raises ValueError."""
        label, choices = " ".join((label or "").split()), list(dict.fromkeys(filter(None, map(str.strip, choices))))
        if not 0 < len(label) <= 60:
            raise ValueError("A field has a name of 1 to 60 characters.")
        if kind not in KINDS:
            raise ValueError("Choose what kind of value the field holds.")
        if kind == "choice" and not 0 < len(choices) <= MOST:
            raise ValueError(f"Give 1 to {MOST} choices, one a line.")
        before = self.kind, self.choices
        self.label, self.kind, self.choices = label, kind, choices if kind == "choice" else []
        odd = self.misfits() if self.id and before != (self.kind, self.choices) else 0
        if odd:
            raise ValueError(f"{odd:,} {'person has' if odd == 1 else 'people have'} a value here that is no "
                             f"{KINDS[kind].lower()} of this field. Change those values first.")

    def read(self, typed):
        """A value as it is kept, from what was typed or sent; None for nothing. Raises ValueError in words."""
        if typed is None or (isinstance(typed, str) and not typed.strip()):
            return None
        if isinstance(typed, list | dict):
            raise ValueError(f"{self.label} takes a single value.")
        return READERS[self.kind](self, typed if isinstance(typed, bool) else str(typed).strip())

    def held(self):
        """A select of the people who have a value, merged and erased ones left out."""
        from .person import Person
        return Person.everyone().where(valued(self.key))

    def count(self) -> int:
        """How many people have a value."""
        return db.session.scalar(self.held().with_only_columns(func.count()).order_by(None))

    def misfits(self) -> int:
        """How many people have a value that this field would not take."""
        from .person import Person
        odd = 0
        for custom in db.session.scalars(self.held().with_only_columns(Person.custom)):
            try:
                self.read(custom.get(self.key))
            except ValueError:
                odd += 1
        return odd


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
