"""Custom fields: which keys an account uses, and the readings of their values that questions are asked of."""
import re
import unicodedata

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.spine.conditions import readings
from app.spine.db import Json, Owned, Row, insert_once

KINDS = ("text", "number", "date", "bool", "choice")


class CustomField(Owned, Row):
    """A key seen on `Person.custom`: its label and what kind of value it holds."""
    __tablename__ = "custom_fields"
    key: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    choices: Mapped[list] = mapped_column(Json, default=list)
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    @classmethod
    def seen(cls, key: str, value=None, label: str | None = None) -> int | None:
        """Remember a key, with the kind its first value looks like; the new row's id, None when it was known."""
        return insert_once(cls, ("account_id", "key"), key=key, label=label or key.replace("_", " ").capitalize(),
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
