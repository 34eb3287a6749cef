"""Everything we hold about one person, for themselves: a ZIP with JSON, a CSV for each table, and what they mean."""
import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from app.accounts import current_account
from app.kit.clock import now
from app.kit.csv import stream
from app.spine import privacy
from app.spine.db import db

from .models import Person

README = """Everything that {account} holds about {who}, as of {at} UTC.

person.json   all of it, a list of rows for each table
*.csv         the same rows, one file for each table, to open in a spreadsheet

Money is in the smallest unit of its currency (4900 USD = $49.00). Times are UTC.
Notes are what the team wrote down about the person; they are part of what is held, and so of this copy.
"""


def held(person: Person) -> dict[str, list[dict]]:
    """Table name -> rows, the person's own row first."""
    ids = [person.id, *db.session.scalars(select(Person.id).where(Person.merged_into_id == person.id))]
    return {"people": [privacy.shown(db.session.get(Person, one)) for one in ids], **privacy.copy_of(ids)}


def dossier(person: Person) -> bytes:
    """The ZIP."""
    tables, packed = held(person), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(account=current_account().name, who=person.label,
                                                     at=f"{now():%Y-%m-%d %H:%M}"))
        archive.writestr("person.json", json.dumps(tables, indent=2, default=plain, ensure_ascii=False))
        for name, rows in tables.items():
            lines = stream(list(rows[0]), ([told(value) for value in row.values()] for row in rows))
            archive.writestr(f"{name}.csv", "".join(lines))
    return packed.getvalue()


def copied(person: Person) -> str:
    """All of it as one JSON text: a list of rows for each table."""
    return json.dumps(held(person), indent=2, default=plain, ensure_ascii=False)


def plain(value):
    """What JSON has no word for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)


def told(value):
    """A cell: JSON columns as JSON."""
    return json.dumps(value, default=plain, ensure_ascii=False) if isinstance(value, dict | list) else value
