"""Who is not written to, when not, how often not; each with its reason."""
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.kit import clock
from app.kit.clock import now
from app.messaging import Defer, Message, Skip, consent, gate, send, suppress
from app.messaging.gate import RULES, judge
from app.messaging.gate.hours import inside, jitter, next_allowed, zone_of
from app.messaging.pipeline import attempt, claim
from app.people import Person
from app.spine.db import db, serve
from app.spine.jobs import drain

from .conftest import a_person, a_template, change

NEW_YORK = ZoneInfo("America/New_York")
NIGHT = time(21), time(8)


def verdict(person, template, key="one", **traits):
    message = send(person, template, dedupe_key=key, **traits)
    db.session.commit()
    drain()
    db.session.refresh(message)
    return message.state, message.reason


@pytest.mark.usefixtures("at_noon")
class TestWho:
    @pytest.mark.parametrize(("traits", "reason"), [
        ({"staff": True}, "staff"), ({"email": None}, "no_address"), ({"email": "ana@ex ample.com"}, "bad_address"),
        ({"email": "ana@@example.com"}, "bad_address"), ({"email": "ana"}, "bad_address")])
    def test_these_are_skipped(self, account, post, hello, traits, reason):
        person = a_person(**{"email": "p@example.com", "stage": "member", **traits})
        assert verdict(person, hello) == ("skipped", reason) and not post.parcels

    def test_merged_and_erased_people_are_skipped(self, ana, post, hello):
        bo = a_person(email="bo@example.com", stage="member", merged_into_id=ana.id)
        gone = a_person(email="gone@example.com", stage="member", erased_at=now())
        assert verdict(bo, hello) == ("skipped", "merged") and verdict(gone, hello, "two") == ("skipped", "erased")

    def test_what_happens_after_queueing_counts(self, ana, hello, post):
        message = send(ana, hello, dedupe_key="one")
        suppress(" ANA@example.com", "email", "lifecycle", "unsubscribe")
        db.session.commit()
        drain()
        db.session.refresh(message)
        assert (message.state, message.reason) == ("skipped", "suppressed") and "unsubscribed" in message.reason_words

    @pytest.mark.parametrize(("scope", "passes"), [("all", set()), ("marketing", {"transactional"}),
                                                   ("promo", {"transactional", "lifecycle"}),
                                                   ("lifecycle", {"transactional", "promo"})])
    def test_suppression_goes_as_far_as_its_scope(self, ana, post, scope, passes):
        assert suppress(ana.email, "email", scope) and not suppress(ana.email, "email", scope)
        for category in ("transactional", "lifecycle", "promo"):
            state, _ = verdict(ana, a_template(name=category, category=category), category)
            assert (state == "sent") == (category in passes)

    def test_addresses_in_the_suppression_list_cannot_be_read(self, ana):
        suppress(ana.email, "email")
        from app.messaging import Suppression
        assert "ana" not in db.session.scalar(select(Suppression.address_hash))

    @pytest.mark.parametrize(("stage", "category", "said", "rule", "passes"), [
        ("member", "promo", None, "customers", True), ("lead", "promo", None, "customers", False),
        ("lead", "lifecycle", None, "customers", True), ("lead", "promo", "granted", "customers", True),
        ("member", "promo", "withdrawn", "everyone", False), ("member", "lifecycle", None, "recorded", False),
        ("lead", "promo", None, "everyone", True), ("lead", "transactional", "withdrawn", "recorded", True)])
    def test_consent(self, account, post, stage, category, said, rule, passes):
        change(account, consent=rule)
        person = a_person(email="p@example.com", stage=stage)
        if said:
            consent(person, "marketing", "granted", at=now() - timedelta(days=9))
            consent(person, "marketing", said, wording="Tick", method="form")
        state, reason = verdict(person, a_template(category=category))
        assert (state == "sent") if passes else (state, reason) == ("skipped", "no_consent")

    def test_a_missing_variable_is_refused_with_its_name(self, ana, post):
        message = send(ana, a_template(body="Pay here: {{card_link}}"), dedupe_key="one")
        db.session.commit()
        drain()
        assert (message.state, message.reason) == ("skipped", "missing_variable")
        assert "card_link" in message.reason_words

    def test_a_channel_that_is_off_holds(self, account, ana, post, hello):
        change(account, channels=["in_app"], default_channel="in_app")
        assert verdict(ana, hello) == ("held", "channel_off")

    def test_out_of_date_is_not_sent(self, ana, post, hello):
        assert verdict(ana, hello, expires_at=now() - timedelta(seconds=1)) == ("skipped", "expired")

    def test_late_is_held_not_sent(self, ana, post, hello):
        assert verdict(ana, hello, due_at=now() - timedelta(hours=6, seconds=1)) == ("held", "late")
        assert verdict(ana, hello, "two", due_at=now() - timedelta(hours=6)) == ("sent", None)

    def test_the_same_template_twice_a_day_is_once(self, ana, post, hello, at_noon):
        assert verdict(ana, hello)[0] == "sent" and verdict(ana, hello, "two") == ("skipped", "duplicate")
        at_noon(hours=24)
        assert verdict(ana, hello, "three")[0] == "sent"

    def test_two_receipts_on_a_day_are_two_receipts(self, ana, post):
        receipt = a_template(category="transactional", body="We got {{amount}}.")
        assert [verdict(ana, receipt, str(n), variables={"amount": f"${n}"})[0] for n in (1, 2)] == ["sent", "sent"]
        assert verdict(ana, receipt, "again", variables={"amount": "$2"}) == ("skipped", "duplicate")

    def test_other_domains_add_rules_asked_again_at_the_attempt(self, ana, hello, post, at_noon):
        paid = []

        @gate("goal met", order=6)
        def goal(message, person, moment):
            return Skip("goal_met", "They paid already.") if paid else Defer(moment + timedelta(hours=1), "not_yet")
        try:
            message = send(ana, hello, dedupe_key="one")
            db.session.commit()
            drain()
            assert (message.state, message.reason) == ("queued", "not_yet")
            assert message.due_at == now() + timedelta(hours=1)
            paid.append("yes")
            at_noon(hours=1)
            drain()
            assert (message.state, message.reason_words) == ("skipped", "They paid already.")
        finally:
            RULES[:] = [rule for rule in RULES if rule[1] != "goal met"]

    def test_the_rules_stand_in_the_order_of_the_book(self, app):
        assert [name for _, name, _ in RULES] == ["kill switch", "person", "address", "suppression", "consent", *(
            name for order, name, _ in RULES if 5 < order < 7.5), "expiry", "late", "quiet hours", "caps", "duplicate"]


@pytest.mark.parametrize(("moment", "zone", "night", "until"), [
    ("2026-11-18T17:00Z", NEW_YORK, NIGHT, None),
    ("2026-11-19T03:00Z", NEW_YORK, NIGHT, "2026-11-19T13:00Z"),                     # 22:00 to 08:00 next day
    ("2026-11-19T11:00Z", NEW_YORK, NIGHT, "2026-11-19T13:00Z"),                     # 06:00 the same day
    ("2026-03-08T04:00Z", NEW_YORK, NIGHT, "2026-03-08T12:00Z"),                     # spring: 23:00 EST to 08:00 EDT
    ("2026-11-01T03:00Z", NEW_YORK, NIGHT, "2026-11-01T13:00Z"),                     # autumn: 23:00 EDT to 08:00 EST
    ("2026-03-08T06:00Z", NEW_YORK, (time(21), time(2, 30)), "2026-03-08T07:30Z"),   # 02:30 does not exist: 03:30 EDT
    ("2026-11-01T06:10Z", NEW_YORK, (time(0), time(1, 30)), "2026-11-01T06:30Z"),    # 01:10 for the second time
    ("2026-11-18T13:00Z", NEW_YORK, (time(8), time(8)), None),                       # an empty window
    ("2026-11-18T12:30Z", ZoneInfo("UTC"), (time(12), time(14)), "2026-11-18T14:00Z"),
    ("2026-11-18T14:00Z", ZoneInfo("UTC"), (time(12), time(14)), None)])
def test_quiet_hours_on_the_wall_clock(moment, zone, night, until):
    found = next_allowed(datetime.fromisoformat(moment), zone, *night)
    assert found == (until and datetime.fromisoformat(until))


@pytest.mark.parametrize("clock_time", [time(21), time(23, 59), time(0), time(7, 59, 59)])
def test_a_window_wraps_midnight(clock_time):
    assert inside(clock_time, *NIGHT)
    assert not inside(time(8), *NIGHT) and not inside(time(20, 59, 59), *NIGHT)


def test_a_message_of_the_night_waits_for_the_persons_morning(account, post, hello):
    tokyo = a_person(email="k@example.com", stage="member", timezone="Asia/Tokyo")
    with clock.frozen(datetime(2026, 11, 18, 17, tzinfo=UTC)) as forward:                # 02:00 in Tokyo
        message = send(tokyo, hello, dedupe_key="one")
        receipt = send(tokyo, a_template(category="transactional"), dedupe_key="two")
        db.session.commit()
        drain()
        morning = datetime(2026, 11, 18, 23, tzinfo=UTC)
        assert (message.state, message.reason, receipt.state) == ("queued", "quiet_hours", "sent")
        assert message.due_at == morning + jitter(message.public_id) < morning + timedelta(minutes=20)
        forward(hours=6, minutes=20)
        drain()
        assert message.state == "sent"


@pytest.mark.parametrize(("traits", "zone"), [({"timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
                                              ({"timezone": "Mars/Olympus"}, "America/New_York"),
                                              ({"timezone": "../../etc/passwd"}, "America/New_York"),
                                              ({"country": "SE"}, "Europe/Stockholm"),
                                              ({"country": "US"}, "America/New_York"), ({}, "America/New_York")])
def test_a_bad_zone_is_the_accounts_zone(account, traits, zone):
    assert zone_of(Person(**traits)).key == zone


@pytest.mark.usefixtures("at_noon")
class TestCaps:
    def test_two_a_day_over_all_channels_then_they_wait_and_leave_in_turn(self, ana, post, at_noon):
        change_day = [a_template(name=str(n), channel="in_app" if n == 1 else "email") for n in range(3)]
        verdicts = [verdict(ana, template, str(n)) for n, template in enumerate(change_day)]
        assert verdicts == [("sent", None), ("delivered", None), ("queued", "cap")]
        third = db.session.scalar(select(Message).where(Message.dedupe_key == "2"))
        assert third.due_at == now() + timedelta(hours=24)
        at_noon(hours=24)
        drain()
        db.session.refresh(third)
        assert third.state == "sent"

    def test_five_a_week_and_what_cannot_wait_is_skipped(self, ana, post, at_noon):
        for number in range(5):
            assert verdict(ana, a_template(name=str(number)), str(number))[0] == "sent"
            at_noon(hours=24)
        assert verdict(ana, a_template(name="six"), "six", expires_at=now() + timedelta(hours=5)) == ("queued", "cap")
        at_noon(hours=5)
        drain()
        message = db.session.scalar(select(Message).where(Message.dedupe_key == "six"))
        assert (message.state, message.reason) == ("skipped", "cap")

    def test_service_messages_neither_count_nor_are_counted(self, account, ana, post):
        change(account, cap_day=1, cap_week=1)
        for number in range(3):
            assert verdict(ana, a_template(name=str(number), category="transactional"), str(number))[0] == "sent"
        assert verdict(ana, a_template(name="x"), "x")[0] == "sent"

    def test_an_unclear_message_counts(self, account, ana, post):
        from app.spine.sockets import Receipt
        change(account, cap_day=1)
        post.answers = [Receipt("unclear")]
        assert verdict(ana, a_template(name="a"), "a")[0] == "unclear"
        assert verdict(ana, a_template(name="b"), "b") == ("queued", "cap")


def test_two_workers_never_pass_one_cap(app, account, ana, post):
    change(account, cap_day=1, quiet_start="00:00", quiet_end="00:00")
    for number in range(4):
        send(ana, a_template(name=str(number)), dedupe_key=str(number))
    db.session.commit()
    claimed, account_id = claim(), account.id
    db.session.remove()
    start = threading.Barrier(4)

    def work(message_id, lease):
        with app.app_context():
            serve(account_id)
            start.wait()
            attempt(message_id, lease)
    threads = [threading.Thread(target=work, args=pair) for pair in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    serve(account_id)
    counts = dict(db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
    assert counts == {"sent": 1, "queued": 3} and len(post.parcels) == 1


def test_the_gate_changes_nothing_by_looking(ana, hello, post, at_noon):
    message = send(ana, hello, dedupe_key="one")
    db.session.commit()
    assert judge(message, ana, now()) is None and not db.session.dirty
