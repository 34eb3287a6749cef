"""Kept deliveries become facts: in order, each on its own, tried again, replayed, forgotten."""
import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.connections import Connection, Delivery, Unreadable
from app.connections import jobs as inbox_jobs
from app.kit.clock import frozen, now
from app.spine.db import across_accounts, as_account, db
from app.spine.facts import PaymentFact
from app.spine.jobs import Job

from .conftest import payment


def test_waiting_deliveries_are_absorbed_oldest_first(whop, knock, seen, heard, run_jobs):
    for number in (1, 2, 3):
        knock(whop, payment(f"pay_{number}", seconds=number), f"msg_{number}")
    run_jobs()
    assert [fact.external_id for fact, source in heard] == ["pay_1", "pay_2", "pay_3"]
    assert {source for fact, source in heard} == {"whop"}
    one = seen()[0]
    assert one.state == "processed" and one.attempts == 1 and one.processed_at
    assert one.outcome["words"] == ["took PaymentFact"] and one.outcome["facts"][0]["amount"] == 4900
    with as_account(whop.account_id):
        assert db.session.get(Connection, whop.id).last_delivery_at == seen()[-1].received_at


def test_a_known_kind_without_use_is_unused(whop, knock, seen, heard, run_jobs):
    knock(whop, {**payment(), "type": "payout.created"})
    run_jobs()
    assert seen()[0].state == "unused" and seen()[0].outcome["facts"] == [] and not heard


def test_one_poison_delivery_never_blocks_the_rest(whop, knock, seen, heard, run_jobs):
    heard.spoil["pay_2"] = 99
    with frozen(now()) as forward:
        for number in (1, 2, 3):
            knock(whop, payment(f"pay_{number}"), f"msg_{number}")
        run_jobs()
        assert [one.state for one in seen()] == ["processed", "waiting", "processed"]
        poisoned = seen()[1]
        assert poisoned.attempts == 1 and poisoned.error == "RuntimeError: the ledger is closed"
        for _ in range(3):
            forward(minutes=31)
            run_jobs()
    poisoned = seen()[1]
    assert (poisoned.state, poisoned.attempts, poisoned.retry_at) == ("failed", 4, None)
    assert len(heard) == 2


def test_a_passing_trouble_is_over_at_the_next_try(whop, knock, seen, heard, run_jobs):
    heard.spoil["pay_1"] = 1
    with frozen(now()) as forward:
        knock(whop, payment())
        run_jobs()
        assert seen()[0].state == "waiting" and not heard
        run_jobs()
        assert seen()[0].attempts == 1, "not before its pause is over"
        forward(minutes=1)
        run_jobs()
    assert seen()[0].state == "processed" and seen()[0].error is None and len(heard) == 1


def test_what_comes_before_its_ground_is_tried_again_in_the_same_batch(whop, knock, seen, heard, run_jobs):
    heard.spoil["pay_refunded"] = 1
    knock(whop, payment("pay_refunded"), "msg_1")
    knock(whop, payment("pay_other"), "msg_2")
    run_jobs()
    assert [(one.state, one.attempts) for one in seen()] == [("processed", 1), ("processed", 1)] and len(heard) == 2


def test_a_failing_savepoint_leaves_nothing_behind(whop, knock, seen, run_jobs, monkeypatch):
    from app.spine import facts

    def half_way(fact, source):
        db.session.add(Connection(source="whop", name="half", key="half", account_id=whop.account_id))
        db.session.flush()
        raise RuntimeError("and then it broke")
    monkeypatch.setattr(facts, "_absorbers", {PaymentFact: half_way})
    knock(whop, payment())
    run_jobs()
    with across_accounts():
        assert db.session.scalar(select(func.count()).where(Connection.key == "half")) == 0
        db.session.rollback()
    assert seen()[0].attempts == 1


def test_what_cannot_be_read_fails_at_once_with_its_reason(whop, knock, seen, heard, run_jobs):
    knock(whop, payment(user=None, customer_email=None))
    run_jobs()
    [one] = seen()
    assert (one.state, one.attempts) == ("failed", 1) and "who it is about" in one.error and not heard


def test_the_first_account_named_is_learned_and_another_is_refused(whop, knock, seen, heard, run_jobs):
    knock(whop, payment("pay_1"), "msg_1")
    knock(whop, payment("pay_2", account="biz_Rival"), "msg_2")
    run_jobs()
    assert [one.state for one in seen()] == ["processed", "failed"] and len(heard) == 1
    assert "biz_Rival" in seen()[1].error and "biz_Harbor" in seen()[1].error
    with as_account(whop.account_id):
        assert db.session.get(Connection, whop.id).external_account == "biz_Harbor"


def test_a_large_batch_takes_several_turns(whop, heard, run_jobs, seen, monkeypatch):
    monkeypatch.setattr(inbox_jobs, "BATCH", 3)
    with as_account(whop.account_id):
        for number in range(10):
            db.session.add(Delivery(connection_id=whop.id, source="whop", external_id=f"msg_{number}",
                                    kind="payment.succeeded", body=json.dumps(payment(f"pay_{number}"))))
        inbox_jobs.wake(whop.account_id)
        db.session.commit()
    assert run_jobs() >= 4 and len(heard) == 10 and {one.state for one in seen()} == {"processed"}


def final(heard):
    """What a domain that keeps the newest version of each payment ends up with."""
    held = {}
    for fact, _ in heard:
        known = held.get(fact.external_id)
        if known is None or fact.version > known.version:
            held[fact.external_id] = fact
    return {key: (fact.status, fact.amount) for key, fact in held.items()}


STORY = [payment(status="open", seconds=1, decline_code="insufficient_funds"),
         payment(status="open", seconds=1, decline_code="authentication_required"),
         payment(status="paid", seconds=5),
         payment(status="paid", seconds=9, refunded_amount={"amount": "49.00", "currency": "usd"})]


@pytest.mark.parametrize("order", itertools.permutations(range(4)), ids=str)
def test_any_order_ends_the_same(whop, knock, heard, run_jobs, order):
    for number in order:
        knock(whop, STORY[number], f"msg_{number}")
        knock(whop, STORY[number], f"msg_{number}")
    run_jobs()
    assert len(heard) == 4 and final(heard) == {"pay_1": ("refunded", 4900)}


def test_replaying_translates_the_stored_row_again(whop, knock, seen, heard, run_jobs):
    knock(whop, payment())
    run_jobs()
    with as_account(whop.account_id):
        [one] = seen()
        one.replay()
        db.session.commit()
    assert seen()[0].state == "waiting"
    run_jobs()
    assert seen()[0].state == "processed" and len(heard) == 2 and heard[0] == heard[1]


def test_bodies_are_forgotten_after_thirty_days_but_not_the_ids(whop, knock, seen, heard, run_jobs):
    knock(whop, payment("pay_old"), "msg_old")
    run_jobs()
    with as_account(whop.account_id):
        seen()[0].received_at = now() - timedelta(days=31)
        db.session.commit()
    knock(whop, payment("pay_new"), "msg_new")
    run_jobs()
    inbox_jobs.forget_bodies()
    db.session.commit()
    old, new = seen()
    assert (old.body, old.headers, old.outcome, old.external_id) == (None, {}, {}, "msg_old") and new.body
    assert knock(whop, payment("pay_old"), "msg_old").json == {"state": "known"}
    with pytest.raises(Unreadable, match="30 days"):
        old.replay()


def test_what_waits_without_a_job_is_found(whop, heard, run_jobs, seen):
    with as_account(whop.account_id):
        db.session.add(Delivery(connection_id=whop.id, source="whop", external_id="msg_1", kind="payment.succeeded",
                                body=json.dumps(payment()), received_at=datetime(2026, 11, 1, tzinfo=UTC)))
        db.session.commit()
    with across_accounts():
        assert db.session.scalar(select(func.count()).select_from(Job).where(Job.key.startswith("inbox:"))) == 0
    inbox_jobs.sweep()
    db.session.commit()
    run_jobs()
    assert seen()[0].state == "processed"
