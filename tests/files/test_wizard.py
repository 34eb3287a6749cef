"""A file through the wizard: recognised, mapped, tried and taken in."""
from sqlalchemy import func, select

from app.connections import Import
from app.people import Person, Segment
from app.spine.db import db

GERMAN = "Vorname;Nachname;E-Mail-Adresse;Umsatz;Beigetreten;Schuhgröße\nÄnne;Öz;aenne@x.example;1.234,50 €;31.12.2025;38\n"


def person(email) -> Person:
    return db.session.scalar(select(Person).where(Person.email == email))


def everyone() -> int:
    return db.session.scalar(select(func.count()).select_from(Person))


def test_another_language_other_signs_and_amounts(wizard):
    said = wizard.take(GERMAN.encode("cp1252"))
    assert said == {"created": 1, "updated": 0, "unchanged": 0, "skipped": 0}
    one = person("aenne@x.example")
    assert (one.name, one.total_spent, one.joined_at.day, one.custom) == ("Änne Öz", 123450, 31, {"schuhgröße": "38"})
    assert "Taken in" in wizard.page and "Undo this import" in wizard.page
