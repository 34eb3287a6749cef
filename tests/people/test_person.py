"""Tags, notes, search, counters."""
import itertools
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from app.people import Content, Person, Tag
from app.people.counts import rebuild
from app.spine.db import as_account, db
from app.spine.events import Event
from app.spine.facts import ActivityFact, ContentFact, PersonRef, absorb

DAYS = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 7)]


def said(person, prefix):
    return [event.sentence for event in db.session.scalars(
        select(Event).where(Event.person_id == person.id, Event.kind.startswith(prefix)).order_by(Event.id))]


def test_tags_go_on_once_and_come_off(ana):
    assert ana.tag(" Early  bird ") and not ana.tag("EARLY BIRD") and [tag.name for tag in ana.tags] == ["Early bird"]
    assert ana.untag("early bird") and not ana.untag("early bird") and not ana.untag("never seen")
    assert said(ana, "person.") == ["Added from whop", "Tagged Early bird", "Early bird taken off"]


@pytest.mark.parametrize("name", ["", "   ", "a|b", "x" * 61])
def test_impossible_tags(ana, name):
    with pytest.raises(ValueError, match="1 to 60"):
        ana.tag(name)


def test_notes_are_rendered_without_anything_that_acts(ana):
    note = ana.note("**Call** <script>x</script> [a](javascript:x) [b](https://b.example) <img src=x onerror=y>")
    assert "<strong>Call</strong>" in note.html and 'href="https://b.example"' in note.html
    for bad in ("<script", "<img", 'href="javascript'):
        assert bad not in note.html
    note.rewrite(" Later ")
    assert note.body == "Later" and note.edited_at
    other = ana.note("First")
    other.pinned = True
    assert ana.notes[0] is other
    for empty in ("", "  ", "x" * 20_001):
        with pytest.raises(ValueError, match="20,000"):
            ana.note(empty)


@pytest.mark.parametrize(("words", "found"), [
    ("ÉMILE", True), ("lima ana", True), ("ANA@X", True), ("912345", True), ("a%a", False), ("_na", False),
    ("bo", False), ("ém", True), ("", True), ("zz", False)])
def test_search_finds_parts_of_words(ana, words, found):
    assert (ana in db.session.scalars(Person.search(words)).all()) is found


def test_the_merged_the_erased_and_the_foreign_are_not_found(ana, bo, other_account):
    ana.merged_into_id, bo.erased_at = bo.id, DAYS[0]
    with as_account(other_account.id):
        db.session.add(Person(name="Ana"))
        db.session.flush()
    assert db.session.scalars(Person.search("a")).all() == []


def test_the_first_name():
    assert Person(name="Ana Lima").first_name == Person(name="Lima, Ana").first_name == "Ana"
    assert Person(name=None).first_name is None and Person(email="x@y").label == "x@y"


FACTS = [ActivityFact(PersonRef(whop_user="user_ana"), kind, DAYS[i], f"e{i}")
         for i, kind in enumerate(["post", "comment", "lesson", "post"])]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_deeds_count_once_in_any_order(ana, order):
    ana.last_active_at = None
    for i in (*order, *order):
        absorb(FACTS[i], "whop")
    assert (ana.forum_posts, ana.forum_comments, ana.lessons_completed, ana.last_active_at) == (2, 1, 1, DAYS[3])


def test_deeds_without_an_id_count_once_too(ana):
    login = ActivityFact(PersonRef(whop_user="user_ana"), "login", DAYS[5])
    assert [absorb(login, "whop"), absorb(login, "whop")] == ["counted", "known"]
    with pytest.raises(ValueError, match="not a kind"):
        absorb(ActivityFact(PersonRef(whop_user="user_ana"), "dance", DAYS[5]), "whop")


def test_rebuild_repairs_what_drifted(app, ana, account):
    for fact in FACTS:
        absorb(fact, "whop")
    db.session.execute(update(Person).values(forum_posts=99, last_active_at=None, search_text="", folded={}))
    db.session.commit()
    done = app.test_cli_runner().invoke(args=["people", "rebuild", "--account", "harbor"])
    assert json.loads(done.stdout)["people"] == 1
    db.session.refresh(ana)
    assert (ana.forum_posts, ana.last_active_at) == (2, DAYS[3]) and "lima" in ana.search_text and ana.folded["t"]
    assert rebuild()["changed"] == 0


def test_content_keeps_its_newest_title(account):
    older, newer = (ContentFact("les_1", "lesson", title, at) for title, at in (("Pace", DAYS[0]), ("Tempo", DAYS[1])))
    assert [absorb(fact, "whop") for fact in (newer, older, newer)] == ["created", "known", "known"]
    assert absorb(ContentFact("les_1", "lesson", "Tempo runs", DAYS[2]), "whop") == "updated"
    assert db.session.scalars(select(Content.title)).all() == ["Tempo runs"]


def test_a_tag_is_of_one_account(ana, other_account):
    ana.tag("VIP")
    with as_account(other_account.id):
        assert db.session.scalars(select(Tag)).all() == []
