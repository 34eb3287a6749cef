"""Twenty signed events a second while web, worker or everything is killed at random and the provider faults in 15 % of
the calls: nothing acknowledged is lost, nothing counts twice, nobody is written to twice."""
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.automations import Automation, Enrollment, StepRun
from app.connections import Connection, Delivery
from app.kit.clock import real_now
from app.messaging import Message, Template
from app.payments import Payment
from app.people import Note, Person
from app.spine.db import as_account, db
from app.spine.events import Event
from app.spine.installation import set_clock
from app.spine.jobs import OPEN, Job

from .conftest import SECRET, House, Sender, event
from .provider import Provider

RATE, SHARE, GAP = 20, 0.15, (0.4, 2.0)
STEPS = (timedelta(minutes=2), timedelta(minutes=8), timedelta(minutes=40), timedelta(hours=3))


@pytest.fixture
def shop(app, account):
    """Harbor takes Whop's webhooks; a failed payment sends a push, then tags, then notes, once each."""
    account.timezone = "UTC"
    made = Connection.add("whop", account.id, "Whop", webhook_secret=SECRET, api_key="key", experience_id="exp_1")
    letter = Template(name="Rescue", category="lifecycle", channel="push", subject="Your payment", body="It failed.")
    db.session.add(letter)
    db.session.flush()
    rescue = Automation.make("Rescue", "churnsave", {
        "trigger": {"kind": "payment.failed"}, "reentry": {"policy": "per_key"}, "steps": [
            {"id": "mail", "do": "send", "template": letter.public_id}, {"id": "t", "do": "add_tag", "tag": "Told"},
            {"id": "n", "do": "add_note", "body": "Written."}]})
    rescue.switch_on()
    rescue.hold_out = 0
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    set_clock(noon)
    db.session.commit()
    return made.webhook_path, account.id, noon


def stories(count: int, noon: datetime):
    """Four events for each of `count` people: they come, join, fail to pay, and every other one pays after all."""
    for number in range(count):
        at = (noon + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
        user = {"id": f"user_Storm{number}", "name": f"Person {number}", "username": f"storm{number}"}
        money = {"amount": "49.00", "currency": "usd"}
        paid = {"id": f"pay_{number}", "total": money, "currency": "usd", "user": user, "created_at": at,
                "customer_email": f"storm{number}@example.test", "updated_at": at}
        yield event("member.created", f"a{number}", at, {
            "id": f"mber_{number}", "email": f"storm{number}@example.test", "joined_at": at, "user": user})
        yield event("payment.failed", f"b{number}", at, {**paid, "status": "failed", "decline_code": "do_not_honor"})
        if number % 2:
            later = (noon + timedelta(seconds=number, hours=1)).isoformat().replace("+00:00", "Z")
            yield event("payment.succeeded", f"c{number}", later, {**paid, "status": "paid", "updated_at": later})


def storm(house, sender, events, kills: int) -> Counter:
    """Offer the events and kill meanwhile; what was killed how often."""
    offering = threading.Thread(target=sender.send, args=(events,))
    offering.start()
    killed = Counter()
    for _ in range(kills):
        time.sleep(house.dice.uniform(*GAP))
        killed[house.kill()] += 1
    offering.join(timeout=600)
    return killed


def quiet(account_id: int, seconds: float) -> float:
    """Wait until nothing waits and nothing runs; how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if not left(account_id):
            return time.monotonic() - began
        time.sleep(0.5)
    stuck = db.session.execute(select(Job.name, Job.state, Job.attempt, Job.crashes, Job.worker, Job.lease_until,
                                      Job.run_at, Job.error).where(Job.state.not_in(("done",)))).all()
    raise AssertionError(f"not quiet within {seconds} s: {left(account_id)}; it is {real_now()}; {stuck}")


def left(account_id: int) -> dict:
    db.session.rollback()
    moment = real_now() + timedelta(seconds=offset())
    with as_account(account_id):
        due = (Message.state == "queued") & (Message.due_at <= moment)
        found = {
            "deliveries": select(func.count()).select_from(Delivery).where(Delivery.state == "waiting"),
            "messages": select(func.count()).select_from(Message).where(
                Message.state.in_(("claimed", "attempting")) | due),
            "jobs": select(func.count()).select_from(Job).where(
                Job.state.in_(OPEN) | ((Job.state == "ready") & (Job.run_at <= moment)))}
        counts = {name: db.session.scalar(query) for name, query in found.items()}
    db.session.rollback()
    return {name: count for name, count in counts.items() if count}


def offset() -> float:
    from app.spine.installation import recall
    return recall("clock").get("seconds", 0)


def forward(by: timedelta) -> None:
    set_clock(real_now() + timedelta(seconds=offset()) + by)
    db.session.commit()


@pytest.mark.parametrize("keyed", [False, True], ids=["doubles go out", "doubles are dropped"])
def test_nothing_is_lost_and_nothing_doubled(app, account, shop, request, keyed):
    path, account_id, noon = shop
    kills = 1000 if request.config.getoption("--long") else 25
    people = round(kills * sum(GAP) / 2 * RATE / 2.5)
    provider = Provider(SHARE, keyed)
    db.session.remove()
    house = House(app, WHOP_API_BASE=provider.url, TIME_MACHINE="1", KEYED="1" if keyed else "")
    sender = Sender(house.port, path, RATE)
    try:
        house.start()
        events = list(stories(people, noon))
        killed = storm(house, sender, events, kills)
        until_all_answered(sender, {name for name, _ in events})
        healed = quiet(account_id, 240)
        for step in STEPS:
            forward(step)
            quiet(account_id, 120)
    finally:
        sender.close()
        house.close()
        provider.close()
    print(f"\n{sum(killed.values())} kills {dict(killed)}, {len(events)} events, answers {sender.answers}, provider "
          f"{provider.calls} calls, faults {provider.faults}, quiet again after {healed:.1f} s")
    with as_account(account_id):
        nothing_lost(people, sender)
        nothing_twice(people)
        nobody_written_to_twice(people, provider, keyed)


def until_all_answered(sender, ids: set, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while sender.acknowledged != ids:
        assert time.monotonic() < end, f"{len(ids - sender.acknowledged)} events were never acknowledged"
        time.sleep(0.2)


def counted(query) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery()))


def nothing_lost(people: int, sender) -> None:
    assert 500 not in sender.answers, sender.answers
    states = dict(map(tuple, db.session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()))
    assert states == {"processed": len(sender.acknowledged)}
    assert counted(select(Person.id)) == people == counted(select(Payment.id))


def nothing_twice(people: int) -> None:
    paid = people // 2
    spent = dict(map(tuple, db.session.execute(
        select(Person.total_spent, func.count()).group_by(Person.total_spent)).all()))
    assert spent == {0: people - paid, 4900: paid}
    per_person = select(Event.person_id, Event.kind, func.count()).where(
        Event.kind.in_(("payment.failed", "payment.succeeded", "person.created"))).group_by(
        Event.person_id, Event.kind).having(func.count() > 1)
    assert db.session.execute(per_person).all() == []
    assert counted(select(Enrollment.id)) == people
    assert db.session.scalars(select(Enrollment.state).distinct()).all() == ["completed"]
    assert counted(select(Note.id)) == people and counted(select(StepRun.id)) == 3 * people


def nobody_written_to_twice(people: int, provider, keyed: bool) -> None:
    rows = db.session.execute(select(Message.public_id, Message.state, Message.reason)).all()
    assert len(rows) == people
    twice = {key: times for key, times in provider.taken.items() if times > 1}
    assert twice == {}
    states = Counter(row.state for row in rows)
    print(states)
    assert set(states) <= ({"sent"} if keyed else {"sent", "unclear"}), [row for row in rows if row.state == "queued"]
    for row in rows:
        if row.state == "sent":
            assert provider.taken.get(row.public_id) == 1, row
        elif row.reason != "crash":                    # unclear without a crash: the line did go silent
            assert row.public_id in provider.silent, row
    if keyed:
        assert len(provider.taken) == people
