"""The attribution window: its screen, and which payments a change is about."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.analytics import Conversion
from app.analytics.windows import change_window, window
from app.kit import clock
from app.messaging import Message, MessageEvent
from app.people import meet
from app.spine.db import db
from app.spine.events import record
from app.spine.facts import PaymentFact, PersonRef, absorb

from .test_attribution import DAY, MONDAY

PATH = "/settings/attribution"


def days(account):
    db.session.refresh(account)
    return ((account.settings or {}).get("analytics") or {}).get("window_days")


def test_the_window_is_changed_on_its_own_page(desk, account):
    shown = desk.get(PATH).text
    assert 'value="7"' in shown and "payments from then on" in shown
    assert f'href="{PATH}"' in desk.get("/settings").text
    assert desk.post(PATH, data={"window_days": " 14 "}).location.endswith(PATH)
    assert days(account) == 14 and 'value="14"' in desk.get(PATH).text


@pytest.mark.parametrize("typed", ["0", "31", "", "a week", "-3", "7.5", "٧", "99999999999999999"])
def test_a_window_that_cannot_be_is_refused_in_words(desk, account, typed):
    refused = desk.post(PATH, data={"window_days": typed})
    assert refused.status_code == 422 and "whole number of days from 1 to 30" in refused.text
    assert f'value="{typed}"' in refused.text and days(account) is None


def test_who_may_only_look_changes_nothing(visitor_desk, account):
    assert visitor_desk.post(PATH, data={"window_days": "3"}).status_code == 403 and days(account) is None


def test_other_settings_stay(account):
    account.settings = {"messaging": {"paused": True}, "analytics": {"other": 1}}
    change_window(3)
    assert account.settings["messaging"] == {"paused": True} and account.settings["analytics"]["other"] == 1


def test_each_moment_has_the_window_of_its_time(account):
    for number, length in enumerate((14, 14, 3)):
        with clock.frozen(MONDAY + number * DAY):
            change_window(length)
    assert [window(MONDAY + hours * timedelta(hours=1)).days for hours in (-1, 0, 47, 48)] == [7, 14, 14, 3]
    assert window().days == 3 and len(account.settings["analytics"]["window_before"]) == 2


@pytest.mark.parametrize("paid_after, word, hours", [(9 * DAY, "none", 168), (11 * DAY, "attributed", 336)])
def test_a_change_counts_for_payments_from_then_on(account, run_jobs, paid_after, word, hours):
    ref = PersonRef(email="ana@harbor.test")
    ana = meet(ref, "whop")
    letter = Message(person_id=ana.id, channel="email", category="lifecycle", state="sent", sent_at=MONDAY,
                     dedupe_key="m1", subject="Letter")
    db.session.add(letter)
    db.session.flush()
    db.session.add(MessageEvent(message_id=letter.id, kind="clicked", at=MONDAY, machine=False))
    record("message.clicked", ana, at=MONDAY, message=letter.public_id, human=True)
    with clock.frozen(MONDAY + 10 * DAY):
        change_window(14)
    absorb(PaymentFact(ref, "pay_1", "paid", MONDAY + paid_after, MONDAY + paid_after, 4900, "USD"), "whop")
    db.session.commit()
    run_jobs()
    found = db.session.scalar(select(Conversion))
    assert (found.credit, found.window_hours) == (word, hours)
