"""What columns cannot say: the index that search asks, and the copy of tags that segments ask. The database keeps both.

SQLite: `people_words` holds the trigrams of every `search_text`, its rows numbered by account and then by person, so
that one account is one stretch of it; `people.tagged` lists the ids of a person's tags, `,3,17,`, and stands in the
index that counts are read from. Postgres has its own ways to both: trigrams in a GIN index, and hashed joins.
"""
from sqlalchemy import DDL, column, event, false, func, insert, or_, select, table, update

from app.spine.db import current_account_id, db, is_postgres

SHIFT = 1 << 40                      # an account's stretch of `people_words`
SHORTEST = 3                         # letters a trigram needs
MANY = 500                           # people a word may name before it is asked of everybody in turn
words = table("people_words", column("rowid"), column("people_words"), column("words"))
NEW = "INSERT INTO people_words (rowid, words) VALUES (new.account_id * 1099511627776 + new.id, new.search_text);"
OLD = "DELETE FROM people_words WHERE rowid = old.account_id * 1099511627776 + old.id;"
PUT = "UPDATE people SET tagged = tagged || new.tag_id || ',' WHERE id = new.person_id AND tagged <> '';"
TAKE = "UPDATE people SET tagged = replace(tagged, ',' || old.tag_id || ',', ',') WHERE id = old.person_id;"
SQLITE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS people_words USING fts5(words, tokenize='trigram')",
    "CREATE INDEX IF NOT EXISTS people_words_scan ON people (account_id, search_text, stage, id, merged_into_id, "
    "erased_at) WHERE merged_into_id IS NULL AND erased_at IS NULL",
    "CREATE TRIGGER IF NOT EXISTS people_words_new AFTER INSERT ON people "
    f"WHEN new.tagged <> '' BEGIN {NEW} END",
    f"CREATE TRIGGER IF NOT EXISTS people_words_gone AFTER DELETE ON people BEGIN {OLD} END",
    "CREATE TRIGGER IF NOT EXISTS people_words_changed AFTER UPDATE OF search_text ON people "
    f"WHEN old.search_text <> new.search_text BEGIN {OLD} {NEW} END",
    f"CREATE TRIGGER IF NOT EXISTS people_tagged_put AFTER INSERT ON taggings BEGIN {PUT} END",
    f"CREATE TRIGGER IF NOT EXISTS people_tagged_taken AFTER DELETE ON taggings BEGIN {TAKE} END",
    f"CREATE TRIGGER IF NOT EXISTS people_tagged_moved AFTER UPDATE OF tag_id, person_id ON taggings "
    f"BEGIN {TAKE} {PUT} END",
)
POSTGRES = """DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    CREATE INDEX IF NOT EXISTS people_words ON people USING gin (account_id, search_text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'people are searched without an index';
END $$"""

for statement in SQLITE:
    event.listen(db.metadata, "after_create", DDL(statement).execute_if(dialect="sqlite"))
event.listen(db.metadata, "after_create", DDL(POSTGRES).execute_if(dialect="postgresql"))


def settle(people, taggings, ids) -> None:
    """Index people who were written with `tagged` empty, once their tags are there: two statements for all.

    Last of all in its transaction: FTS5 writes out what it holds before every statement that fires triggers.
    """
    if is_postgres() or not ids:
        return
    held = select(func.group_concat(taggings.tag_id)).where(taggings.person_id == people.id).scalar_subquery()
    db.session.execute(update(people).where(people.id.in_(ids)).values(
        tagged=func.coalesce("," + held + ",", ","), updated_at=people.updated_at),
        execution_options={"synchronize_session": False})
    found = select(people.account_id * SHIFT + people.id, people.search_text).where(people.id.in_(ids))
    db.session.execute(insert(words).from_select(["rowid", "words"], found))


def holds(people, word: str):
    """A criterion: the folded word, or a part of it, stands in a person's `search_text`.

    SQLite looks first who that is: a few are named; of many, a list finds its page soonest by its own order.
    """
    like = people.search_text.contains(word, autoescape=True)
    if is_postgres():
        return like
    ids = db.session.scalars(_trigrams(word) if len(word) >= SHORTEST else _scan(people, like)).all()
    return people.id.in_(ids) if len(ids) < MANY else like


def _scan(people, like):
    """Ids from an index of nothing but the account's texts, for words too short for trigrams."""
    return select(people.id).where(people.present(), like).with_hint(
        people, "INDEXED BY people_words_scan", "sqlite").limit(MANY)


def _trigrams(word: str):
    first = current_account_id() * SHIFT
    return select(words.c.rowid - first).where(words.c.people_words.op("MATCH")(quoted(word)),
                                               words.c.rowid.between(first, first + SHIFT - 1)).limit(MANY)


def quoted(word: str) -> str:
    """The word as FTS5 takes it: one phrase, whatever signs are in it."""
    return '"' + word.replace('"', '""') + '"'


def carries(people, tag_ids):
    """A criterion of SQLite: a person has one of these tags, or any tag at all for None."""
    if tag_ids is None:
        return people.tagged != ","
    return or_(false(), *(func.instr(people.tagged, f",{tag_id},") > 0 for tag_id in tag_ids))
