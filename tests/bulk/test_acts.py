"""One thing done to many: confirmed with the exact number, carried out by a job, taken back."""
import re

import pytest
from sqlalchemy import select

from app.accounts import team
from app.bulk import BulkAction, BulkChange, Selection
from app.bulk.models import Changed
from app.people import Note, Person, Tag
from app.spine.db import db
from app.spine.events import Event


def column(name, people):
    """One column of these people, as the database has it."""
    held = dict(db.session.execute(select(Person.public_id, getattr(Person, name))).tuples().all())
    return [held[one] for one in people]


EVERYBODY = {"everything": "1"}


def act(desk, query="", **form):
    """The draft that a form under the list makes."""
    answer = desk.post(f"/bulk?{query}", data=form)
    assert answer.status_code == 303, answer.text
    return db.session.scalar(select(BulkAction).where(BulkAction.public_id == answer.location.rpartition("/")[2]))


def done(desk, run_jobs, action, address="confirmation", **form):
    assert desk.post(f"/bulk/{action.public_id}/{address}", data=form).status_code == 303
    run_jobs()
    db.session.expire_all()
    return action


def tagged(name):
    return {one.name for one in db.session.scalars(Person.everyone()) if name in [tag.name for tag in one.tags]}


def test_all_that_a_list_finds_are_tagged_and_untagged_again(desk, crowd, run_jobs):
    crowd[1].tag("VIP")
    db.session.commit()
    action = act(desk, "stage=member", act="add_tag", tag="VIP", **EVERYBODY)
    shown = desk.get(f"/bulk/{action.public_id}").text
    assert "Add the tag “VIP” to 12 people" in shown and "Stage is Member" in shown and tagged("VIP") == {"Person 01"}
    done(desk, run_jobs, action)
    assert (action.state, action.done, action.changed, action.failed) == ("done", 12, 11, 0)
    assert tagged("VIP") == {f"Person {n:02}" for n in range(1, 24, 2)}
    events = db.session.scalars(select(Event).where(Event.kind == "person.tagged")).all()
    assert len(events) == 12 and {event.data["tag"] for event in events} == {"VIP"}
    assert "11 people changed, 1 was like that already" in desk.get(f"/bulk/{action.public_id}").text
    done(desk, run_jobs, action, "reversal")
    assert action.state == "undone" and action.taken_back == 11 and tagged("VIP") == {"Person 01"}


def test_ticked_people_lose_a_tag_and_get_it_back(desk, crowd, run_jobs):
    for one in crowd[:3]:
        one.tag("Late")
    db.session.commit()
    action = act(desk, act="remove_tag", tag="late", ids=[one.public_id for one in crowd[:2]])
    assert action.total == 2 and tagged("Late") == {"Person 00", "Person 01", "Person 02"}
    done(desk, run_jobs, action)
    assert tagged("Late") == {"Person 02"} and action.changed == 2
    done(desk, run_jobs, action, "reversal")
    assert tagged("Late") == {"Person 00", "Person 01", "Person 02"}


def test_assignments_go_back_unless_somebody_took_over(desk, crowd, run_jobs):
    [owner] = team()
    me = owner.public_id
    ids = [one.public_id for one in crowd[:4]]
    action = done(desk, run_jobs, act(desk, act="assign", user=me, ids=ids[:3]))
    assert column("assigned_to", ids) == [owner.id] * 3 + [None]
    Person.find(ids[0]).assigned_to = None
    db.session.commit()
    done(desk, run_jobs, action, "reversal")
    assert column("assigned_to", ids) == [None] * 4 and action.taken_back == 2
    why = db.session.scalars(select(BulkChange.why).where(BulkChange.why.is_not(None))).all()
    assert why == ["Somebody assigned them anew since."]
    assert "Somebody assigned them anew" in desk.get(f"/bulk/{action.public_id}").text


def test_a_note_for_all_is_written_and_withdrawn(desk, crowd, run_jobs):
    [owner] = team()
    action = done(desk, run_jobs, act(desk, act="add_note", body="Met at the *fair*", ids=[crowd[0].public_id]))
    [note] = db.session.scalars(select(Note)).all()
    assert note.body == "Met at the *fair*" and note.author_id == owner.id and note.person_id == crowd[0].id
    done(desk, run_jobs, action, "reversal")
    assert db.session.scalars(select(Note)).all() == []


def test_erasing_wants_its_number_typed(desk, crowd, run_jobs):
    ids = [one.public_id for one in crowd[:3]]
    action = act(desk, act="erase", ids=ids[:2])
    refused = desk.post(f"/bulk/{action.public_id}/erasure", data={"number": "20"})
    assert refused.status_code == 422 and "Type 2" in refused.text and column("erased_at", ids) == [None] * 3
    assert desk.post(f"/bulk/{action.public_id}/confirmation").status_code == 403
    done(desk, run_jobs, action, "erasure", number="2")
    gone = column("erased_at", ids)
    assert gone[0] and gone[1] and gone[2] is None and not action.can_undo


def test_a_number_that_moved_is_asked_again(desk, crowd, run_jobs):
    action = act(desk, "stage=lead", act="add_tag", tag="X", **EVERYBODY)
    db.session.add_all(Person(name=f"New {n}", email=f"n{n}@x.example") for n in range(3))
    db.session.commit()
    answer = desk.post(f"/bulk/{action.public_id}/confirmation")
    assert answer.status_code == 422 and "It is 15 people now" in answer.text and tagged("X") == set()
    with pytest.raises(Changed):
        action.total = 99
        action.start()
    action.total = 15
    db.session.commit()
    done(desk, run_jobs, action)
    assert len(tagged("X")) == 15


def test_what_cannot_be_done_says_so(desk, crowd):
    for form, said in (({"act": "add_tag", "tag": "X"}, "Choose somebody first"),
                       ({"act": "add_tag", "tag": "", "ids": crowd[0].public_id}, "A tag has 1 to 60"),
                       ({"act": "add_tag", "tag": "X", "ids": "per_nobody"}, "Nobody is chosen"),
                       ({"act": "assign", "user": "usr_foreign", "ids": crowd[0].public_id}, "Nobody on the team"),
                       ({"act": "enrol", "playbook": "aut_no", "ids": crowd[0].public_id}, "Choose a playbook"),
                       ({"act": "nonsense", "ids": crowd[0].public_id}, "Choose what to do")):
        desk.post("/bulk", data=form)
        assert said in desk.get("/people").text, form
    assert db.session.scalars(select(BulkAction)).all() == []


def test_a_foreign_person_is_never_reached(desk, crowd, other_account, run_jobs):
    action = done(desk, run_jobs, act(desk, act="add_tag", tag="All", **EVERYBODY))
    assert action.done == 24 and desk.get("/bulk").text.count("Add the tag") == 1
    assert desk.get("/bulk/bulk_absent").status_code == 404


def test_a_stopped_act_goes_no_further(desk, crowd, run_jobs):
    action = act(desk, act="add_tag", tag="Z", **EVERYBODY)
    desk.post(f"/bulk/{action.public_id}/confirmation")
    desk.post(f"/bulk/{action.public_id}/halt")
    run_jobs()
    db.session.expire_all()
    assert action.state == "canceled" and tagged("Z") == set()


def test_only_looking_does_nothing(visitor_desk, crowd):
    assert visitor_desk.post("/bulk", data={"act": "add_tag", "tag": "x", "everything": "1"}).status_code == 403
    assert visitor_desk.get("/bulk").status_code == 200


def test_the_chosen_go_into_a_file(desk, crowd):
    answer = desk.post("/bulk/people.csv?stage=lead", data={"ids": [crowd[1].public_id, crowd[3].public_id]})
    assert re.findall(r'"(Person \d\d)"', answer.text) == ["Person 01", "Person 03"]
    whole = desk.post("/bulk/people.csv?stage=lead", data=EVERYBODY).text
    assert len(re.findall(r'"Person \d\d"', whole)) == 12
    desk.post("/bulk/people.csv")
    assert "Choose somebody first" in desk.get("/people").text


def test_a_selection_says_who(account, crowd):
    chosen = Selection(words="person", tree={"all": [{"field": "stage", "op": "is", "value": "lead"}]})
    assert chosen.sentence() == "stage is Lead, found by “person”" and chosen.size() == 12
    assert Selection.told(chosen.kept) == chosen and Selection(ids=("per_x",)).sentence() == "the people you ticked"


def test_names_are_held_to_the_rules_of_tags_and_old_names_are_known(desk, crowd, run_jobs):
    desk.post("/bulk", data={"act": "add_tag", "tag": "a|b", "ids": crowd[0].public_id})
    assert "no vertical bar" in desk.get("/people").text and db.session.scalars(select(BulkAction)).all() == []
    crowd[0].tag("Early")
    db.session.commit()
    Tag.meant("early").rename("First")
    db.session.commit()
    done(desk, run_jobs, act(desk, act="remove_tag", tag="Early", ids=[crowd[0].public_id]))
    assert tagged("First") == set()
