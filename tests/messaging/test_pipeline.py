"""One message, from the intention to the outcome, whatever happens on the way."""
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.kit.clock import real_now
from app.messaging import Message, balance, send
from app.messaging.pipeline import attempt, claim, reap
from app.spine.db import db
from app.spine.events import Event
from app.spine.jobs import Job, drain
from app.spine.sockets import Receipt

from .conftest import a_person, a_template, change

pytestmark = pytest.mark.usefixtures("at_noon")


def said(person):
    return [event.kind for event in db.session.scalars(
        select(Event).where(Event.person_id == person.id).order_by(Event.id))]


def sent_to(person, template, key="one", **traits):
    message = send(person, template, dedupe_key=key, **traits)
    db.session.commit()
    drain()
    db.session.refresh(message)
    return message


def test_a_message_goes_out_once_with_its_words_frozen(ana, hello, post):
    message = sent_to(ana, hello)
    assert (message.state, message.provider_id, message.subject) == ("sent", "post-1", "Hi Ana")
    parcel = post.parcels[0]
    assert (parcel.to, parcel.subject, parcel.sender_name) == ("ana@example.com", "Hi Ana", "Harbor Run Club")
    assert "Good to see you." in parcel.text and "<p>Good to see you.</p>" in parcel.html
    assert said(ana) == ["message.sent"]
    drain()
    assert len(post.parcels) == 1


def test_the_same_key_is_the_same_message(ana, hello, post):
    first = send(ana, hello, dedupe_key="welcome:ana")
    assert send(ana, a_template(name="Other"), dedupe_key="welcome:ana") is first
    db.session.commit()
    drain()
    assert len(post.parcels) == 1 and balance()["candidates"] == 1


def test_a_rollback_takes_the_intention_along(ana, hello, post):
    send(ana, hello, dedupe_key="one")
    db.session.rollback()
    drain()
    assert post.parcels == []


def test_what_is_due_later_waits_for_its_time(ana, hello, post, at_noon):
    from app.kit.clock import now
    message = sent_to(ana, hello, due_at=now() + timedelta(hours=2))
    assert message.state == "queued" and not post.parcels
    at_noon(hours=2)
    drain()
    assert len(post.parcels) == 1


def test_a_busy_server_is_asked_again_later_and_later_and_then_given_up(ana, hello, post, at_noon):
    post.answers = [Receipt("retry", reason="busy")] * 6
    message, waits = sent_to(ana, hello, category="transactional"), []
    while message.state == "queued":
        from app.kit.clock import now
        waits.append((message.due_at - now()).total_seconds() / 60)
        at_noon(seconds=(message.due_at - now()).total_seconds())
        drain()
        db.session.refresh(message)
    assert waits == [1, 5, 30, 120, 720]
    assert message.state == "failed" and "6 times" in message.reason_words and len(post.parcels) == 6
    assert len({parcel.key for parcel in post.parcels}) == 1


def test_a_server_that_says_when_is_believed(ana, hello, post):
    post.answers = [Receipt("retry", reason="slow down", retry_after=1800)]
    from app.kit.clock import now
    assert sent_to(ana, hello).due_at == now() + timedelta(minutes=30)


def test_a_refusal_is_final_and_a_bad_address_is_never_used_again(ana, hello, post, at_noon):
    post.answers = [Receipt("failed", reason="no such user", bad_address=True)]
    message = sent_to(ana, hello)
    assert (message.state, message.reason) == ("failed", "bad_address")
    assert said(ana) == ["message.failed"]
    receipt = sent_to(ana, a_template(name="Receipt", category="transactional"), "two")
    assert (receipt.state, receipt.reason) == ("skipped", "suppressed") and "bounced" in receipt.reason_words


@pytest.mark.parametrize("answer", [Receipt("unclear", reason="silence"), RuntimeError("a bug")])
def test_silence_is_shown_to_a_human_and_never_repeated(ana, hello, post, answer, at_noon):
    post.answers = [answer]
    message = sent_to(ana, hello)
    assert message.state == "unclear" and said(ana) == []
    at_noon(days=2)
    drain()
    assert len(post.parcels) == 1


@pytest.mark.parametrize(("how", "state", "parcels"), [("resend", "sent", 2), ("sent", "sent", 1),
                                                       ("failed", "failed", 1)])
def test_a_human_resolves_what_is_unclear(ana, hello, post, desk, how, state, parcels):
    post.answers = [Receipt("unclear")]
    message = sent_to(ana, hello)
    page = desk.get(f"/messages/{message.public_id}")
    assert "may or may not have gone out" in page.text
    assert desk.post(f"/messages/{message.public_id}/resolution", data={"how": how}).status_code == 303
    drain()
    assert db.session.get(Message, message.id).state == state and len(post.parcels) == parcels
    assert desk.post(f"/messages/{message.public_id}/resolution", data={"how": how}).status_code == 409


def test_a_lease_that_was_lost_sends_nothing(ana, hello, post):
    send(ana, hello, dedupe_key="one")
    db.session.commit()
    [(message_id, old)] = claim()
    assert reap() == 1
    [(again, new)] = claim()
    assert (again, attempt(message_id, old)) == (message_id, "fenced") and post.parcels == []
    assert attempt(message_id, new) == "sent"


def test_an_attempt_left_behind_is_unclear_and_may_still_be_resolved_by_its_own_lease(ana, hello, post):
    send(ana, hello, dedupe_key="one")
    db.session.commit()
    [(message_id, lease)] = claim()

    def reaped_meanwhile(_parcel):
        db.session.execute(update(Message).values(lease_until=real_now() - timedelta(seconds=1)))
        reap()
        assert db.session.get(Message, message_id).state == "unclear"
    post.during = reaped_meanwhile
    assert attempt(message_id, lease) == "sent"


def test_a_provider_that_drops_doubles_is_asked_again_with_the_same_key(ana, hello, post):
    post.keyed = True
    send(ana, hello, dedupe_key="one")
    db.session.commit()
    [(message_id, _lease)] = claim()
    db.session.execute(update(Message).values(state="attempting", attempt=1,
                                              lease_until=real_now() - timedelta(seconds=1)))
    assert reap() == 1 and db.session.get(Message, message_id).state == "queued"


def test_pausing_stops_claims_and_late_messages_wait_for_a_human(account, ana, hello, post, desk, at_noon):
    change(account, paused=True)
    message = sent_to(ana, hello)
    assert message.state == "queued" and claim() == []
    at_noon(hours=7)
    change(account, paused=False)
    drain()
    db.session.refresh(message)
    assert (message.state, message.reason) == ("held", "late") and post.parcels == []
    assert desk.post(f"/messages/{message.public_id}/release").status_code == 303
    drain()
    db.session.refresh(message)
    assert message.state == "sent" and len(post.parcels) == 1


def test_a_pause_between_claim_and_attempt_is_heeded(account, ana, hello, post):
    send(ana, hello, dedupe_key="one")
    db.session.commit()
    [(message_id, lease)] = claim()
    change(account, paused=True)
    assert attempt(message_id, lease) == "queued" and post.parcels == []


def test_a_canceled_message_stays_canceled(ana, hello, post, desk):
    message = send(ana, hello, dedupe_key="one")
    db.session.commit()
    [(message_id, lease)] = claim()
    assert message.cancel("left", "They left the playbook.")
    db.session.commit()
    assert attempt(message_id, lease) == "fenced" and not post.parcels
    assert desk.post(f"/messages/{message.public_id}/cancellation").status_code == 409
    assert not message.cancel() and message.reason_words == "They left the playbook."


def test_without_a_mail_server_messages_are_held_and_not_lost(ana, hello, desk, app):
    message = sent_to(ana, hello)
    assert (message.state, message.reason) == ("held", "no_carrier") and "mail server" in message.reason_words


def test_a_demo_account_sends_to_the_sandbox(account, ana, hello, post, desk):
    account.demo = True
    db.session.commit()
    message = sent_to(ana, hello)
    assert message.state == "sent" and post.parcels == [] and message.provider_id.startswith("sandbox:")
    assert "Nothing left this server" in message.reason_words
    assert "Hi Ana" in desk.get("/messages/outbox").text


def test_in_app_messages_are_delivered_at_once(ana, post):
    message = sent_to(ana, a_template(channel="in_app"))
    assert message.state == "delivered" and said(ana) == ["message.sent", "message.delivered"]
    assert db.session.scalars(Message.inbox(ana)).all() == [message]


def test_urgent_messages_go_first(ana, hello, post):
    for number, (category, priority) in enumerate([("promo", None), ("transactional", None), ("lifecycle", 1)]):
        person = a_person(name=f"P{number}", email=f"p{number}@example.com", stage="member")
        send(person, hello, dedupe_key=str(number), category=category, priority=priority)
    db.session.commit()
    drain()
    assert [parcel.to[1] for parcel in post.parcels] == ["2", "1", "0"]


def test_the_books_balance(ana, hello, post):
    answers = [Receipt("sent"), Receipt("failed", reason="no"), Receipt("retry"), Receipt("unclear")]
    for number in range(6):
        person = a_person(name=f"P{number}", email=f"p{number}@example.com", stage="member", staff=number == 5)
        send(person, hello, dedupe_key=str(number))
    post.answers = [*answers, Receipt("sent")]
    db.session.commit()
    drain()
    books = balance()
    assert (books["sent"], books["failed"], books["queued"], books["unclear"], books["skipped"]) == (2, 1, 1, 1, 1)
    assert books["candidates"] == 6 and not books["finished"]
    assert balance(select(Message).where(Message.state == "sent"))["candidates"] == 2


def test_the_sweep_finds_what_a_lost_job_would_have_sent(ana, hello, post):
    send(ana, hello, dedupe_key="one")
    db.session.flush()
    for job in db.session.scalars(select(Job)):
        db.session.delete(job)
    db.session.commit()
    drain()
    assert len(post.parcels) == 1


def test_another_account_sends_its_own(ana, hello, post, other_account):
    from app.spine.db import as_account
    send(ana, hello, dedupe_key="one")
    db.session.commit()
    with as_account(other_account.id):
        assert claim() == [] and balance()["candidates"] == 0


def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(ana, hello, post):
    broken = a_template(name="Broken", body="Bad {{amount}}")
    send(ana, broken, dedupe_key="one", category="transactional", variables={"amount": "1"})
    fine = send(a_person(name="Bo", email="bo@example.com", stage="member"), hello, dedupe_key="two")
    db.session.execute(update(Message).where(Message.dedupe_key == "one").values(variables=["not", "a", "mapping"]))
    db.session.commit()
    db.session.expire_all()
    drain()
    broken_one = db.session.scalar(select(Message).where(Message.dedupe_key == "one"))
    assert (broken_one.state, broken_one.reason, fine.state) == ("failed", "error", "sent")


def test_a_rule_that_defers_into_the_past_cannot_spin(ana, hello, post):
    from app.kit.clock import now
    from app.messaging.gate import RULES, Defer, gate

    @gate("spinning", order=6)
    def spinning(message, person, moment):
        return Defer(moment - timedelta(days=1), "spinning")
    try:
        message = sent_to(ana, hello)
        assert message.state == "queued" and message.due_at == now() + timedelta(minutes=1)
    finally:
        RULES[:] = [rule for rule in RULES if rule[1] != "spinning"]


def test_a_server_whose_password_cannot_be_read_holds(app, account, ana, hello, monkeypatch):
    from app.messaging.models import MailServer
    MailServer.keep("smtp://a:b@mail.example")
    db.session.commit()
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key that seals nothing here")
    message = sent_to(ana, hello)
    assert (message.state, message.reason) == ("held", "no_carrier") and "password" in message.reason_words
