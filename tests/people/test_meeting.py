"""Who is who, whatever the ids and their order."""
import itertools
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from app.people import Identity, MergeSuggestion, Nobody, Person, meet
from app.spine.db import as_account, db, serve
from app.spine.events import Event
from app.spine.facts import PersonFact, PersonRef, absorb


def people():
    return db.session.scalar(select(func.count()).select_from(Person))


def kinds():
    return sorted(db.session.scalars(select(Event.kind)))


def test_met_once_by_any_id_and_filled_in(account):
    ana = meet(PersonRef(email=" Ana@X.example "), "stripe")
    told = PersonRef(email="ana@x.EXAMPLE", whop_user="user_1", name="Ana Lima", phone="0035 1912-345678")
    again = meet(told, "whop")
    assert again is ana and ana.name == "Ana Lima" and ana.phone == "+351912345678" and ana.email == "ana@x.example"
    assert meet(PersonRef(whop_user="user_1", name="Somebody Else"), "whop").name == "Ana Lima"
    assert people() == 1 and kinds() == ["person.created"]
    assert {identity.kind for identity in ana.identities} == {"email", "whop_user", "phone"}


def test_nobody_is_not_met(account):
    with pytest.raises(Nobody):
        meet(PersonRef(name="Ana"), "whop")
    with pytest.raises(Nobody):
        meet(PersonRef(email="not an address"), "whop")


def test_two_people_behind_one_reference_stay_two(account):
    older = meet(PersonRef(email="ana@x.example"), "stripe")
    younger = meet(PersonRef(whop_user="user_1"), "whop")
    assert meet(PersonRef(email="ana@x.example", whop_user="user_1"), "whop") is older
    meet(PersonRef(email="ana@x.example", whop_user="user_1"), "whop")
    hint = db.session.scalars(select(MergeSuggestion)).one()
    assert (hint.person_id, hint.other_id, hint.reason) == (older.id, younger.id, "same whop user") and people() == 2


def test_a_shared_phone_makes_no_one_person(account):
    ana = meet(PersonRef(email="ana@x.example", phone="+351912345678"), "whop")
    rui = meet(PersonRef(email="rui@x.example", phone="+351 912 345 678"), "whop")
    assert ana is not rui and db.session.scalar(select(MergeSuggestion.reason)) == "same phone"
    assert meet(PersonRef(phone="+351912345678"), "sms") is ana


def test_the_merged_lead_to_the_one_who_stays(account):
    ana, twin = meet(PersonRef(email="a@x.example"), "a"), meet(PersonRef(email="b@x.example"), "a")
    twin.merged_into_id = ana.id
    assert meet(PersonRef(email="b@x.example"), "a") is ana


def test_accounts_do_not_know_each_others_people(account, other_account):
    ana = meet(PersonRef(email="ana@x.example"), "whop")
    with as_account(other_account.id):
        assert meet(PersonRef(email="ana@x.example"), "whop").id != ana.id


def test_eight_at_once_meet_one_person(app, account):
    account_id, found, gate = account.id, [], threading.Barrier(8)
    db.session.commit()                       # the test itself must not hold SQLite's one write lock

    def arrive():
        with app.app_context():
            serve(account_id)
            gate.wait(20)
            found.append(meet(PersonRef(email="ana@x.example", whop_user="user_1"), "whop").id)
            db.session.commit()
            db.session.remove()
    threads = [threading.Thread(target=arrive) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join(40) for thread in threads]
    assert len(set(found)) == 1 == people() and len(found) == 8
    assert db.session.scalar(select(func.count()).select_from(Identity)) == 2 and kinds() == ["person.created"]


DAY = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 5)]
FACTS = [
    PersonFact(PersonRef(whop_user="u1", name="Ana", email="old@x.example"), DAY[0], joined_at=DAY[0], left=False,
               custom={"City": "Porto"}),
    PersonFact(PersonRef(whop_user="u1", name="Ana Lima", country="pt"), DAY[1], joined_at=DAY[1],
               last_active_at=DAY[3]),
    PersonFact(PersonRef(whop_user="u1", email="new@x.example"), DAY[2], last_active_at=DAY[1], left=True,
               custom={"city": "Lisbon", "size": 38}),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_facts_in_any_order_and_twice_lead_to_one_state(account, order):
    for i in (*order, *order):
        absorb(FACTS[i], "whop")
    ana = db.session.scalars(select(Person)).one()
    assert (ana.name, ana.email, ana.country, ana.custom, ana.stage, ana.joined_at, ana.last_active_at) == (
        "Ana Lima", "new@x.example", "PT", {"city": "Lisbon", "size": 38}, "former", DAY[0], DAY[3])
    assert absorb(FACTS[order[0]], "whop") == "known"


def test_memberships_know_better_who_left(ana):
    absorb(PersonFact(PersonRef(whop_user="user_ana"), DAY[2], left=True), "whop")
    assert ana.stage == "member"


def test_a_lead_is_announced_once(account, bo):
    absorb(PersonFact(PersonRef(email="bo@x.example"), DAY[0], lead=True, lead_source="ad"), "web")
    assert kinds().count("lead.created") == 1 and (bo.lead_status, bo.lead_source) == ("new", "podcast")
