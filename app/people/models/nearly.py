"""Whom somebody may have meant: names and addresses that are written nearly like the words."""
from difflib import SequenceMatcher

from sqlalchemy import column, func, select, table

from app.spine.conditions import fold
from app.spine.db import current_account_id, db, is_postgres

from .indexes import SHIFT, SHORTEST, quoted
from .indexes import words as index

CLOSE, LOOKED_AT = 0.72, 200
TRIGRAMS = table("pg_extension", column("extname"))


def nearly(people, said: str, most: int) -> list:
    """At most so many people, the closest first; one wrong, missing or swapped letter a word is forgiven."""
    wanted = fold(said)
    pieces = sorted({word[at:at + SHORTEST] for word in wanted.split() for at in range(len(word) - SHORTEST + 1)})
    if not pieces or len(wanted) > 80:
        return []
    ids = _like(people, wanted) if is_postgres() else _sharing(pieces)
    found = db.session.scalars(people.everyone().where(people.id.in_(ids))).all()
    told = sorted(((closeness(wanted, one.search_text), one) for one in found), key=lambda pair: (-pair[0], pair[1].id))
    return [one for close, one in told if close >= CLOSE][:most]


def closeness(wanted: str, text_of_person: str) -> float:
    """How well each wanted word is met by some word of the person, the worst one counts; 1 is the same."""
    words = [part for word in text_of_person.split() for part in {word, word.partition("@")[0]}]
    return min(max((SequenceMatcher(None, word, other).ratio() for other in words), default=0.0)
               for word in wanted.split())


def _sharing(pieces: list[str]) -> list[int]:
    """SQLite: those who share most of the trigrams."""
    first = current_account_id() * SHIFT
    asked = " OR ".join(quoted(piece) for piece in pieces[:40])
    return list(db.session.scalars(select(index.c.rowid - first).where(
        index.c.people_words.op("MATCH")(asked), index.c.rowid.between(first, first + SHIFT - 1))
        .order_by(column("rank")).limit(LOOKED_AT)))


def _like(people, wanted: str) -> list[int]:
    """Postgres: those whose text holds something like the words; nobody where trigrams are not installed."""
    if not db.session.scalar(select(TRIGRAMS.c.extname).where(TRIGRAMS.c.extname == "pg_trgm")):
        return []
    db.session.execute(select(func.set_config("pg_trgm.word_similarity_threshold", "0.25", True)))
    likeness = func.word_similarity(wanted, people.search_text)
    return list(db.session.scalars(select(people.id).where(people.present(), people.search_text.op("%>")(wanted))
                                   .order_by(likeness.desc(), people.id).limit(LOOKED_AT)))
