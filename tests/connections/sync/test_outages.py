"""Rate limits, failures, silence, refused keys: waited out, said in words, and gone on from where it was."""
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.connections import Connection, Sync
from app.kit.clock import now
from app.memberships import Membership
from app.spine.db import db, serve
from app.spine.jobs import Job, drain


@pytest.fixture
def later(account):
    """An hour goes by: what waits is due."""
    def run():
        for model, column in ((Job, Job.run_at), (Sync, Sync.resume_at)):
            db.session.execute(update(model).where(column > now()).values({column.key: now()})
                               .execution_options(synchronize_session=False))
        db.session.commit()
        drain()
        serve(account.id)
        db.session.expire_all()
    return run


def test_a_short_429_is_slept_through(whop, whop_server, read, monkeypatch):
    slept = []
    monkeypatch.setattr("app.adapters.wire.pause", slept.append)
    whop_server.fail("/payments", 429, times=2, Retry_After="3")
    assert read(whop).state == "done" and 3 in slept and len(whop_server.lines("/api/v1/payments")) == 3


@pytest.mark.parametrize("words, headers, seconds", [
    ("", {"Retry_After": "240"}, 240), ("Too many requests, retry in 90 seconds", {}, 90),
    ("Rate limit. Wait 2 minutes before the next call.", {}, 120)])
def test_a_long_429_comes_back_later(whop, whop_server, read, later, words, headers, seconds):
    whop_server.fail("/memberships", 429, message=words, **headers)
    sync = read(whop)
    assert sync.state == "running" and "slow down" in sync.words and whop.unwell_since is None
    assert abs((sync.resume_at - now()).total_seconds() - seconds) < 5
    assert len(whop_server.lines("/api/v1/memberships")) == 1
    later()
    assert sync.state == "done" and sync.words is None


def test_an_outage_says_since_when_and_ends_by_itself(whop, whop_server, read, later):
    whop_server.fail("/memberships", 503, times=6)
    sync = read(whop)
    db.session.refresh(whop)
    assert sync.state == "running" and len(whop_server.lines("/api/v1/memberships")) == 3
    assert "status 503" in whop.unwell_words and "status 503" in whop.trouble
    since = whop.unwell_since
    first = sync.resume_at
    later()
    assert sync.state == "running" and sync.tries == 2 and sync.resume_at > first and whop.unwell_since == since
    later()
    assert sync.state == "done" and whop.trouble is None and whop.unwell_since is None
    assert len(whop_server.lines("/api/v1/members")) == 1, "what was read before is not read again"


def test_silence_is_an_outage(whop, whop_server, read, later, monkeypatch):
    monkeypatch.setattr("app.kit.http.TOTAL", 0.2)
    whop_server.fail("/members", 0, times=3, message="0.6")
    sync = read(whop)
    assert sync.state == "running" and "did not answer" in sync.words
    monkeypatch.setattr("app.kit.http.TOTAL", 15)
    later()
    assert sync.state == "done"


def test_a_revoked_key_pauses_and_a_new_one_goes_on(whop, whop_server, read, later, desk):
    whop_server.per_page = 2
    whop_server.after["/api/v1/members"] = lambda asked: whop_server.keys.clear()
    sync = read(whop)
    db.session.refresh(whop)
    assert sync.state == "paused" and whop.halted_at and "Give it a new one" in whop.trouble
    calls = len(whop_server.asked)
    later()
    assert len(whop_server.asked) == calls, "nothing is asked with a key that is refused"
    whop_server.after.clear()
    whop_server.keys.add("key_2")
    desk.post(f"/settings/connections/{whop.public_id}", data={"api_key": "key_2"})
    db.session.refresh(whop)
    assert whop.halted_at is None
    later()
    db.session.refresh(sync)
    assert sync.state == "done" and len(db.session.scalars(select(Membership)).all()) == 5


def test_a_forgotten_place_begins_the_list_again(whop, whop_server, read):
    whop_server.per_page = 2
    whop_server.after["/api/v1/members"] = lambda asked: asked == 1 and whop_server.fail("/members", 400, message="Bad")
    sync = read(whop)
    assert sync.state == "done" and [line.get("after") for line in whop_server.lines("/api/v1/members")] == [
        None, "cur_2", None, "cur_2", "cur_4"]


def test_a_list_that_cannot_be_read_stops_no_other(whop, whop_server, read):
    whop_server.fail("/refunds", 422, message="No such filter")
    sync = read(whop)
    assert sync.state == "done"
    assert [(one["name"], one["note"]) for one in sync.steps if one["state"] == "failed"] == [
        ("refunds", "Whop answered 422: No such filter")]


def test_nothing_readable_is_a_failure(whop, whop_server, read):
    whop_server.rights.clear()
    sync = read(whop)
    assert sync.state == "failed" and "what the key may do" in sync.words


def test_the_account_is_learned_first(account, whop_server, read):
    made = Connection.add("whop", account.id, api_key="key_1")
    db.session.commit()
    assert read(made).state == "done"
    db.session.refresh(made)
    assert made.external_account == "biz_HarborRun01"


def test_stopped_and_started_again(app, whop, whop_server, read):
    whop_server.per_page = 2
    sync = Sync.begin(whop)
    db.session.commit()
    sync_id, account_id = sync.id, whop.account_id

    def stop(asked):
        """As from the screen, while a page is on its way."""
        if asked == 2:
            with app.app_context():
                serve(account_id)
                db.session.get(Sync, sync_id).stop()
                db.session.commit()
    whop_server.after["/api/v1/members"] = stop
    drain()
    serve(whop.account_id)
    db.session.refresh(sync)
    assert sync.state == "stopped" and sync.steps[2]["seen"] == 2, "the page that came meanwhile is not kept"
    sync = Sync.begin(whop)
    db.session.commit()
    drain()
    serve(whop.account_id)
    assert sync.state == "done" and sync.steps[2]["seen"] == 5


def test_two_never_run_side_by_side(whop, whop_server):
    one, other = Sync.begin(whop), Sync.begin(whop)
    db.session.commit()
    assert one is other and len(db.session.scalars(select(Job).where(Job.key == f"sync:{whop.id}")).all()) == 1


def test_no_call_inside_a_transaction(whop, whop_server, read, monkeypatch):
    from app.adapters.wire import Wire
    really = Wire._once

    def watched(self, *args):
        assert not db.session().in_transaction(), args
        return really(self, *args)
    monkeypatch.setattr(Wire, "_once", watched)
    assert read(whop).state == "done"


def test_readings_without_a_job_are_found(whop, whop_server, read):
    from app.connections.sync.jobs import look_after
    sync = Sync.begin(whop)
    db.session.delete(db.session.scalar(select(Job)))
    sync.touched_at = now() - timedelta(minutes=6)
    db.session.commit()
    look_after.function()
    db.session.commit()
    drain()
    serve(whop.account_id)
    assert sync.state == "done"
