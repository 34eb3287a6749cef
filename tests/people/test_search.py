"""Searching people: parts of words, signs of every kind, and an index that follows whatever happens to somebody."""
import pytest
from sqlalchemy import delete, func, select, update

from app.people import Person, erase
from app.people.models import indexes
from app.people.models.counting import counted, few
from app.spine.conditions import fold
from app.spine.db import as_account, db, is_postgres

NAMES = ["Ana Émile Lima", "Zoë Straße", "O'Brien, Kim", "100% Sure", "under_score", 'Say "Hey"', "back\\slash",
         "NEAR(ana) AND OR NOT", "a*b -c ^d", "Ωmega", "Ｗｉｄｅ", "ana", "Bo"]
ASKED = ["ana", "an", "a", "lima", "im", "émile", "emile", "STRASSE", "straße", "ß", "o'brien", "'", "%", "100%", "_",
         "r_s", '"', '"hey"', "\\", "k\\s", "near(", "and or", "a*b", "-c", "^d", "ω", "wide", "ｗｉｄ", "zzqqx", "zq",
         "words:ana", "brien kim", "x.example", "ana lima", "{ana}", "ana OR bo", "*", "()", "bo 0"]


@pytest.fixture
def crowd(account, other_account):
    """People of Harbor with awkward names, and the same ones at Rival."""
    for owner in (other_account.id, account.id):
        with as_account(owner):
            db.session.add_all(Person(name=name, email=f"m{number}@x.example") for number, name in enumerate(NAMES))
            db.session.flush()
    db.session.commit()


def by_eye(words: str) -> set:
    """Who holds every folded word, told without any database."""
    everybody = db.session.scalars(Person.everyone()).all()
    return {one.name for one in everybody if all(word in one.search_text for word in fold(words).split())}


def found(words: str) -> set:
    people = db.session.scalars(Person.search(words)).all()
    for total in (0, 99_999):                # whichever way a few of them are read
        assert {person.id for person in few(Person.search(words), 99, total)} == {person.id for person in people}
    assert counted(Person.search(words)) == len(people)
    return {person.name for person in people}


@pytest.mark.parametrize("words", ASKED)
def test_it_finds_what_an_eye_would(crowd, account, words):
    people = db.session.scalars(Person.search(words)).all()
    assert {person.name for person in people} == by_eye(words)
    assert {person.account_id for person in people} <= {account.id}


@pytest.mark.parametrize("words", ASKED)
def test_it_finds_the_same_where_a_word_names_many(crowd, monkeypatch, words):
    monkeypatch.setattr(indexes, "MANY", 2)
    assert found(words) == by_eye(words)


def test_the_index_follows_a_person(crowd):
    ana = db.session.scalar(Person.search("émile"))
    ana.name, ana.username = "Dolores", "runner42"
    db.session.commit()
    assert found("émile") == set() and found("dolor") == found("unner4") == {"Dolores"}
    db.session.execute(update(Person).where(Person.id == ana.id).values(search_text="written in bulk"))
    assert found("in bulk") == {"Dolores"} and found("dolor") == set()
    db.session.rollback()
    assert found("dolor") == {"Dolores"}


def test_who_was_merged_or_erased_is_not_found(crowd):
    ana, kim = db.session.scalar(Person.search("émile")), db.session.scalar(Person.search("o'brien"))
    kim.merged_into_id = ana.id
    db.session.commit()
    assert found("o'brien") == set() and found("émile") == {ana.name}
    erase(ana)
    db.session.commit()
    assert found("émile") == set() and found("x.example") == set(NAMES) - {NAMES[0], NAMES[2]}


def test_who_is_deleted_leaves_the_index(crowd, other_account):
    db.session.execute(delete(Person).where(Person.name == "Bo"))
    db.session.commit()
    assert found("bo") == set()
    with as_account(other_account.id):
        assert found("bo") == {"Bo"}
    if not is_postgres():
        entries = select(func.count()).select_from(indexes.words)
        assert db.session.scalar(entries.where(indexes.words.c.people_words.op("MATCH")('"m12@"'))) == 1


def test_the_copy_of_tags_follows_the_tags(crowd):
    if is_postgres():
        pytest.skip("Postgres asks the tags themselves")
    ana, bo = (db.session.scalar(Person.search(word)) for word in ("émile", "m12@"))
    for name in ("VIP", "Runner", "Late"):
        ana.tag(name)
    bo.tag("VIP")
    db.session.commit()
    ids = {tag.name: tag.id for tag in ana.tags}
    assert ana.tagged == f",{ids['VIP']},{ids['Runner']},{ids['Late']}," and bo.tagged == f",{ids['VIP']},"
    ana.untag("runner")
    db.session.commit()
    assert ana.tagged == f",{ids['VIP']},{ids['Late']},"
    db.session.delete(next(tag for tag in ana.tags if tag.name == "VIP"))
    db.session.commit()
    assert ana.tagged == f",{ids['Late']}," and bo.tagged == ","
    assert counted(Person.matching({"field": "tags", "op": "is_set"})) == 1
    assert counted(Person.matching({"field": "tags", "op": "has_none", "value": ["late"]})) == len(NAMES) - 1


def test_people_of_a_file_are_found_and_their_tags_asked(account, tmp_path):
    from app.connections import importing
    path = tmp_path / "people.csv"
    path.write_text("member_id,name,tags\nm1,Nadia Öz,VIP|Late\nm2,Kofi Annan,\nm3,,VIP\n")
    importing.run("people", str(path))
    assert found("nadia") == found("öz") == {"Nadia Öz"} and found("anna") == {"Kofi Annan"}
    assert counted(Person.matching({"field": "tags", "op": "has", "value": "VIP"})) == 2
    kofi = db.session.scalar(Person.search("kofi"))
    kofi.name = "Kwame"
    db.session.commit()
    assert found("kwam") == {"Kwame"} and found("kofi") == set()
