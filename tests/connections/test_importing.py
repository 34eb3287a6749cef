"""Files of people and activity through the command, with good rows, bad rows and no rows."""
import json

import pytest
from sqlalchemy import func, select

from app.connections import importing
from app.people import CustomField, Person, meet
from app.spine.db import db, serve
from app.spine.events import Event
from app.spine.facts import PersonRef

HEADER = "member_id,user_id,email,name,status,joined_at,total_revenue_cents,forum_posts,tags,shoe size\n"
ANA = "mem_1,user_1,Ana@X.example,Ana Lima,Active,2026-01-05T10:00:00Z,4900,3,VIP|Runner,38\n"
BO = "mem_2,,bo@x.example,Bo Berg,past due,,0,,,\n"


@pytest.fixture
def take(app, account, tmp_path):
    """Run the command on some text; (exit code, JSON, stderr)."""
    def run(kind, text, *arguments):
        path = tmp_path / "in.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        db.session.commit()
        done = app.test_cli_runner().invoke(args=["import", kind, str(path), "--account", account.slug, *arguments])
        serve(account.id)
        db.session.expire_all()
        return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else done.output, done.stderr
    return run


def person(email):
    return db.session.scalar(select(Person).where(Person.email == email))


def everyone():
    return db.session.scalar(select(func.count()).select_from(Person))


def test_a_file_of_people(take):
    code, said, progress = take("people", HEADER + ANA + BO)
    assert (code, said) == (0, {"created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "errors": []})
    assert "2 created" in progress
    ana, bo = person("ana@x.example"), person("bo@x.example")
    assert (ana.stage, ana.membership_status, ana.total_spent, ana.forum_posts) == ("member", "active", 4900, 3)
    assert [tag.name for tag in ana.tags] == ["Runner", "VIP"] and ana.custom == {"shoe_size": "38"}
    assert (bo.membership_status, bo.joined_at, bo.custom) == ("past_due", None, {})
    assert db.session.scalar(select(CustomField.kind)) == "number"
    assert set(db.session.scalars(Person.search("lima"))) == {ana}
    assert meet(PersonRef(whop_user="user_1"), "whop").id == ana.id


def test_twice_is_once_and_changes_are_updates(take):
    take("people", HEADER + ANA + BO)
    assert take("people", HEADER + ANA + BO)[1]["unchanged"] == 2
    said = take("people", HEADER + ANA.replace("4900", "9800") + BO.replace(",,,\n", ",,New,\n"))[1]
    assert said["updated"] == 2 and said["unchanged"] == 0
    assert everyone() == 2 and person("ana@x.example").total_spent == 9800


def test_empty_cells_and_other_files_take_nothing_away(take):
    take("people", HEADER + ANA)
    take("people", "member_id,name,country\nmem_1,,pt\n")
    ana = person("ana@x.example")
    assert ana.name == "Ana Lima" and ana.country == "PT"


def test_one_person_on_two_lines_and_over_two_ids(take):
    lines = "m1,a@x.example,A\nm1,,A. Lima\n,A@X.example,Ana\nm1,new@x.example,\n"
    said = take("people", "member_id,email,name\n" + lines)[1]
    assert (said["created"], said["updated"], everyone()) == (1, 3, 1)
    assert db.session.scalar(select(Person)).name == "Ana"


@pytest.mark.parametrize(("line", "why"), [
    ("m,,nonsense,X,,,,,,\n", "not an email"), (",,,X,,,,,,\n", "says who"),
    ("m,,,X,sleeping,,,,,\n", "none of active"),
    ("m,,,X,,tomorrow,,,,\n", "not a time"), ("m,,,X,,,4.5,,,\n", "whole number"), ("m,,,X,,,-4,,,\n", "below 0"),
    ("m,,,X,,,1e99,,,\n", "out of range"), (f"m,,,X,,,,,{'t' * 61},\n", "60 characters"), ("m,,,X\n", "4 cells")])
def test_a_bad_row_stays_out_and_the_rest_goes_in(take, line, why):
    code, said, _ = take("people", HEADER + ANA + line + BO)
    assert (code, said["created"], said["skipped"], everyone()) == (0, 2, 1, 2)
    assert said["errors"][0]["row"] == 3 and why in said["errors"][0]["reason"]


def test_a_row_that_fails_half_way_leaves_nothing(take, monkeypatch):
    from app.people.imports import bulk
    real = bulk.tag

    def breaks(incoming, memory):
        if any("Cursed" in one.tags for one in incoming):
            raise ValueError("the tag is cursed")
        real(incoming, memory)
    monkeypatch.setattr(bulk, "tag", breaks)
    said = take("people", HEADER + ANA + "m9,,c@x.example,Cy,,,,,Cursed,\n" + BO)[1]
    assert (said["created"], said["errors"]) == (2, [{"row": 3, "reason": "the tag is cursed"}])
    assert person("c@x.example") is None and len(person("ana@x.example").tags) == 2


@pytest.mark.parametrize(("text", "why"), [
    ("colour,size\nred,3\n", "member_id or user_id"), (b"member_id\nM\xfc\n", "not UTF-8"), ("", "empty")])
def test_some_files_are_refused_whole(take, text, why):
    code, said, error = take("people", text)
    assert code == 1 and why in said["errors"][0]["reason"] and why in error and everyone() == 0


def test_unknown_kind_and_account(take, app, tmp_path):
    assert "no kind 'moons'; there are" in take("moons", "x\n")[1]
    done = app.test_cli_runner().invoke(args=["import", "people", "x.csv", "--account", "nobody"])
    assert done.exit_code == 1 and "no account" in done.output


def test_a_dry_run_tells_and_changes_nothing(take):
    said = take("people", HEADER + ANA + BO + ANA, "--dry-run")[1]
    assert (said["created"], said["unchanged"], everyone()) == (2, 1, 0)


ACTIVITY = "event_id,member_id,anon_id,kind,at,value,content_id\n"


def test_activity_counts_once_and_makes_unknown_people(take):
    lines = ("e1,mem_1,,post,2026-10-01T10:00:00Z,,\ne2,mem_1,,lesson,2026-10-02T10:00:00Z,80,les_1\n"
             "e3,mem_7,,checkout_started,2026-10-02T10:00:00Z,,\n,mem_7,,login,2026-10-03,,\n"
             "e5,,anon_1,view,2026-10-03,,\ne6,mem_7,,view,never,,\n")
    said = take("activity", ACTIVITY + lines)[1]
    assert (said["created"], [error["row"] for error in said["errors"]]) == (4, [6, 7])
    assert take("activity", ACTIVITY + lines)[1]["unchanged"] == 4 and everyone() == 2
    one = meet(PersonRef(external="mem_1"), "import")
    assert (one.forum_posts, one.lessons_completed, one.last_active_at.day) == (1, 1, 2)
    steps = db.session.scalars(select(Event.data).where(Event.kind == "activity.custom")).all()
    assert steps == [{"title": "checkout_started"}]


def test_totals_and_deeds_are_not_counted_twice(take):
    take("people", HEADER + ANA)
    take("activity", ACTIVITY + "e1,mem_1,,post,2025-10-01T10:00:00Z,,\n")
    assert person("ana@x.example").forum_posts == 3
    take("activity", ACTIVITY + "e2,mem_1,,post,2999-10-01T10:00:00Z,,\n")
    assert person("ana@x.example").forum_posts == 4


def test_many_chunks(take):
    said = take("people", "member_id,email\n" + "".join(f"m{i},p{i}@x.example\n" for i in range(1201)))[1]
    assert said["created"] == 1201 == everyone()


def test_a_kind_of_another_domain(account, tmp_path):
    @importing.imports("shoes", needs=("size",), columns=("size",), aliases={"eu": "size"})
    def shoes(chunk):
        for row in chunk.rows:
            try:
                chunk.count("created" if row.whole("size", needed=True) > 40 else "unchanged")
            except importing.BadRow as error:
                chunk.bad(row, error)
    path = tmp_path / "shoes.csv"
    path.write_text("EU,brand\n44,Altra\n38,\n,Hoka\n")
    done = importing.run("shoes", str(path))
    assert (done.created, done.unchanged, done.errors) == (1, 1, [{"row": 4, "reason": "size is empty"}])
    del importing.KINDS["shoes"]
