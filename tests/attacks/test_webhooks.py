"""Strangers, liars and stutterers at the webhook doors: one answer as promised, one effect, one final state."""
import copy
import http.client
import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text

from app.connections import Delivery
from app.memberships import Membership
from app.payments import Payment
from app.people import Person
from app.spine.db import as_account, db
from app.spine.events import Event
from tests.adapters.test_whop_samples import SAMPLES
from tests.connections.conftest import SECRET, STRIPE_SECRET, payment
from tests.story.test_story import Desk
from tests.wire import sign_stripe, sign_whop
from tests.wire.stripe_events import AT, event, invoice, subscription

DEEP = b'{"id": "evt_1", "type": "x", "data": {"object": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}"
NOT_JSON = [b"", b" ", b"null", b"[]", b'"x"', b"1", b"{", b"}{", DEEP, b'{"a":' * 10_000, b"\xff\xfe\x00",
            b"\xed\xa0\x80",
            b'{"id": "evt_1", "type": "x", "data": {"object": {"n": NaN}}}', b'{"type": Infinity, "data": {}}',
            b'{"id": "evt_1", "type": "x", "data": {"object": {"n": ' + b"7" * 5000 + b"}}}",
            b'{"id": "evt_1", "type": "x", "data": {"object": {"n": 1e999}}}',
            b'{"id": "evt_1", "type": "x\x00", "data": {"object": {}}}', b'{"id": "evt_1", "data": {"object": {}}}',
            b'{"id": "evt_1", "type": ["x"], "data": {"object": {}}}', b'{"id": "evt_1", "type": "x"}']


def deliveries(account) -> list[Delivery]:
    with as_account(account.id):
        db.session.expire_all()
        return db.session.scalars(select(Delivery).order_by(Delivery.id)).all()


@pytest.mark.parametrize("raw", NOT_JSON, ids=lambda raw: repr(raw[:24]))
def test_what_is_no_event_is_400_at_both_doors(whop, stripe, knock, knock_stripe, account, raw):
    for answer in (knock(whop, raw), knock_stripe(stripe, raw)):
        assert answer.status_code == 400 and answer.json["error"]
    assert deliveries(account) == []


def test_too_large_is_413_at_both_doors(whop, stripe, knock, knock_stripe, account):
    huge = json.dumps({**payment(), "note": "x" * (1 << 20)}).encode()
    assert knock(whop, huge).status_code == knock_stripe(stripe, huge).status_code == 413
    assert deliveries(account) == []


RAW = json.dumps(payment()).encode()


def signed(**changes) -> dict:
    return {name: value for name, value in {**sign_whop(SECRET, "msg_1", RAW), **changes}.items() if value is not None}


def right() -> str:
    return sign_whop(SECRET, "msg_1", RAW)["webhook-signature"]


MALFORMED = ["v1", "v1,", "v1,a,b", ",", " ", "v1,=", "v1,A", "v1,====", "v1,*&^%", "v1,é", "v1,\x80\xff", "v2,AAAA",
             "V1,AAAA", "v1 AAAA", "v1a,AAAA", "v1," + "A" * 100_000, "v1,AAAA " * 40, "v1,null", '{"v1":"AAAA"}']


@pytest.mark.parametrize("header", MALFORMED, ids=lambda header: repr(header[:16]))
def test_malformed_headers_are_401(whop, stripe, client, account, header):
    header = header.encode("utf-8").decode("latin-1")
    assert client.post(whop.webhook_path, data=RAW, headers=signed(**{"webhook-signature": header})).status_code == 401
    older = {"x-whop-signature": header}
    assert client.post(whop.webhook_path, data=RAW, headers=older).status_code == 401
    assert client.post(stripe.webhook_path, data=RAW, headers={"stripe-signature": header}).status_code == 401
    stamped = {"stripe-signature": f"t={int(time.time())},{header}"}
    assert client.post(stripe.webhook_path, data=RAW, headers=stamped).status_code == 401
    assert deliveries(account) == []


def test_the_right_signature_among_many_is_found_but_not_among_hundreds(whop, client):
    few = "v1,AAAA v2,BBBB " + right()
    assert client.post(whop.webhook_path, data=RAW, headers=signed(**{"webhook-signature": few})).status_code == 202
    many = "v1,AAAA " * 200 + right()
    assert client.post(whop.webhook_path, data=RAW, headers=signed(**{"webhook-signature": many})).status_code == 401


@pytest.mark.parametrize("seconds", [301, 3600, 86_400 * 365, -301, -3600, -86_400 * 365])
def test_old_and_future_signatures_are_401(whop, stripe, knock, knock_stripe, account, seconds):
    assert knock(whop, payment(), ts=time.time() - seconds).status_code == 401
    assert knock_stripe(stripe, event("invoice.paid", invoice()), ts=time.time() - seconds).status_code == 401
    assert deliveries(account) == []


def test_a_signature_opens_only_what_it_was_made_for(whop, stripe, client, account):
    """Another body, another id, another moment, another source's door, another account's secret."""
    other = json.dumps(payment("pay_2")).encode()
    good = signed()
    for body, headers in ((other, good), (RAW, {**good, "webhook-id": "msg_2"}),
                          (RAW, {**good, "webhook-timestamp": str(int(time.time()) - 1)}),
                          (RAW, sign_whop("ws_rival_secret", "msg_1", RAW)), (RAW, sign_stripe(SECRET, RAW)),
                          (RAW, sign_stripe(STRIPE_SECRET, RAW)), (RAW, sign_whop("", "msg_1", RAW))):
        assert client.post(whop.webhook_path, data=body, headers=headers).status_code == 401
    assert client.post(stripe.webhook_path, data=RAW, headers=good).status_code == 401
    assert deliveries(account) == []


def test_noise_never_breaks_a_door(whop, stripe, client):
    """A hundred and twenty bodies and headers of chance, the same in every run."""
    dice = random.Random(7)
    for _ in range(60):
        noise = dice.randbytes(dice.randrange(60))
        text_ = noise.decode("latin-1").replace("\r", "").replace("\n", "")
        for path in (whop.webhook_path, stripe.webhook_path):
            answer = client.post(path, data=noise, headers={
                "webhook-id": text_[:20], "webhook-timestamp": dice.choice([str(int(time.time())), text_[:12]]),
                "webhook-signature": "v1," + text_, "stripe-signature": f"t={int(time.time())},v1={text_}"})
            assert answer.status_code == 401


def test_a_key_named_twice_means_its_last_value(whop, knock, account):
    raw = b'{"type": "payment.failed", "type": "comet.landed", "data": {"id": "x"}, "data": {"id": "y"}}'
    assert knock(whop, raw).status_code == 202
    assert [one.kind for one in deliveries(account)] == ["comet.landed"]


def test_unknown_kinds_are_kept_at_both_doors(whop, stripe, knock, knock_stripe, run_jobs, account):
    assert knock(whop, {**payment(), "type": "comet.landed"}).status_code == 202
    assert knock_stripe(stripe, event("comet.landed", {"id": "x", "object": "comet"})).status_code == 202
    run_jobs()
    assert [one.state for one in deliveries(account)] == ["unused", "unused"]


def told(account) -> tuple:
    """Everything the account's books say, with how often each thing was said to have happened."""
    with as_account(account.id):
        db.session.expire_all()
        return (sorted((one.email, one.name, one.total_spent, one.payments_count, one.membership_status)
                       for one in db.session.scalars(select(Person))),
                sorted((one.external_id, one.status, one.amount, one.refunded)
                       for one in db.session.scalars(select(Payment))),
                sorted((one.external_id, one.status) for one in db.session.scalars(select(Membership))),
                Counter(db.session.scalars(select(Event.kind))))


STORY = ("member.created", "membership.activated", "payment.failed", "payment.succeeded#recovered_after_failure",
         "refund.created")


def test_the_same_effect_under_new_ids_happens_once(whop, knock, run_jobs, account):
    for name in STORY:
        assert knock(whop, SAMPLES[name], SAMPLES[name]["id"]).json == {"state": "stored"}
    run_jobs()
    once = told(account)
    for round_ in range(3):
        for name in STORY:
            assert knock(whop, SAMPLES[name], SAMPLES[name]["id"]).json == {"state": "known"}
            again = {**SAMPLES[name], "id": f"msg_again_{round_}_{name}"}
            assert knock(whop, again, again["id"]).json == {"state": "stored"}
        run_jobs()
    assert told(account) == once and {one.state for one in deliveries(account)} == {"processed"}


def test_replaying_from_the_screen_has_no_second_effect(whop, knock, run_jobs, desk, account):
    for name in STORY:
        knock(whop, SAMPLES[name], SAMPLES[name]["id"])
    run_jobs()
    once = told(account)
    for one in deliveries(account):
        assert desk.post(f"/deliveries/{one.public_id}/replay").status_code == 303
    run_jobs()
    assert told(account) == once


def earlier(body: dict, **data) -> dict:
    """The same object as a webhook that was made an hour before would have told it."""
    old = copy.deepcopy(body)
    moment = (datetime.fromisoformat(body["data"]["updated_at"]) - timedelta(hours=1)).astimezone(UTC)
    stamp = moment.isoformat().replace("+00:00", "Z")
    old["timestamp"] = old["data"]["updated_at"] = stamp
    old["data"].update(data)
    old["id"] = f"{body['id']}_older"
    return old


@pytest.mark.parametrize("name, data", [("payment.succeeded", {"status": "pending"}),
                                        ("membership.activated", {"status": "past_due"})])
def test_an_older_snapshot_never_overwrites_a_newer_one(whop, knock, run_jobs, account, name, data):
    knock(whop, SAMPLES[name], SAMPLES[name]["id"])
    run_jobs()
    _, payments, memberships, _ = told(account)
    old = earlier(SAMPLES[name], **data)
    assert knock(whop, old, old["id"]).json == {"state": "stored"}
    run_jobs()
    assert told(account)[1:3] == (payments, memberships) and deliveries(account)[-1].state == "processed"


def test_an_older_subscription_never_overwrites_a_newer_one(stripe, knock_stripe, run_jobs, account):
    knock_stripe(stripe, event("customer.subscription.updated", subscription(status="active"), created=AT + 60))
    knock_stripe(stripe, event("customer.subscription.updated", subscription(status="past_due"), created=AT))
    run_jobs()
    assert [status for _, status in told(account)[2]] == ["active"]


# --- a thousand events, five times each


def crowd(count: int) -> list[tuple[str, bytes]]:
    """(id, body) of `count` paid payments of fifty people, five times each: thrice as it was, twice under a new id."""
    stamp, found = datetime.now(UTC).isoformat().replace("+00:00", "Z"), []
    for number in range(count):
        body = payment(f"pay_{number}", user={"id": f"user_{number % 50}", "name": f"Buyer {number % 50}"},
                       customer_email=f"buyer{number % 50}@example.test", updated_at=stamp)
        raw = json.dumps({**body, "timestamp": stamp}).encode()
        found += [(f"msg_{number}", raw)] * 3 + [(f"msg_{number}_again", raw)] * 2
    random.Random(count).shuffle(found)
    return found


class Client:
    """One of eight vendors' senders, on a line of its own."""

    def __init__(self, port: int, path: str):
        self.line, self.path = http.client.HTTPConnection("127.0.0.1", port, timeout=60), path

    def send(self, told: tuple[str, bytes]) -> tuple[int, str]:
        delivery, raw = told
        self.line.request("POST", self.path, body=raw, headers=sign_whop("ws_story_secret", delivery, raw))
        answer = self.line.getresponse()
        return answer.status, json.loads(answer.read()).get("state")


@pytest.fixture
def office(tmp_path, database, mailbox):
    """A real web server of two processes and a real worker."""
    desk = Desk(tmp_path, database, mailbox.url)
    desk.env |= {"WEB_CONCURRENCY": "2"}
    desk.flask("db", "upgrade")
    desk.flask("account", "create", "harbor")
    made = json.loads(desk.flask("connection", "add", "whop", "--account", "harbor", "--set",
                                 "webhook_secret=ws_story_secret"))
    desk.hook, desk.database = made["webhook_path"], database or f"sqlite:///{tmp_path / 'revenueangel.db'}"
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


def test_many_senders_at_once_have_one_effect_an_event(office, request):
    count = 1000 if request.config.getoption("--long") else 100
    todo = crowd(count)
    clients = [Client(office.port, office.hook) for _ in range(8)]

    def work(number):
        return [clients[number].send(one) for one in todo[number::8]]
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(answer for part in pool.map(work, range(8)) for answer in part)
    assert answers == {(202, "stored"): 2 * count, (202, "known"): 3 * count}
    engine = create_engine(office.database.replace("postgresql://", "postgresql+psycopg://"))

    def one(sql):
        with engine.connect() as connection:
            return connection.execute(text(sql)).scalar()
    office.until(lambda: one("select count(*) from deliveries where state = 'processed'") == 2 * count,
                 "every delivery is absorbed", seconds=30 + count // 10)
    assert one("select count(*) from deliveries") == 2 * count
    assert one("select count(*) from payments where status = 'paid'") == one("select count(*) from payments") == count
    assert one("select count(*) from events where kind = 'payment.succeeded'") == count
    assert (one("select sum(total_spent) from people"), one("select count(*) from people")) == (4900 * count, 50)
    assert one("select sum(payments_count) from people") == count
