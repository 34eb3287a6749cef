"""The door: who may come in, and what each kind of stranger is told."""
import io
import json
import time

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.connections import Connection, inbox
from app.spine.db import across_accounts, as_account, db
from app.spine.jobs import Job
from tests.conftest import make_account
from tests.wire import sign_stripe, sign_whop, sign_whop_older
from tests.wire.stripe_events import event, invoice

from .conftest import SECRET, STRIPE_SECRET, payment


def test_a_signed_webhook_is_kept_and_acknowledged(whop, knock, seen):
    answer = knock(whop, payment())
    assert answer.status_code == 202 and answer.json == {"state": "stored"}
    [kept] = seen()
    assert (kept.external_id, kept.kind, kept.source, kept.state) == ("msg_1", "payment.succeeded", "whop", "waiting")
    assert kept.connection_id == whop.id and json.loads(kept.body) == payment() and kept.occurred_at.minute == 0
    assert "webhook-signature" not in kept.headers and kept.headers["webhook-id"] == "msg_1"


def test_a_repeat_is_known_and_many_share_one_job(whop, knock, seen):
    assert knock(whop, payment()).json == {"state": "stored"}
    again = knock(whop, payment())
    assert again.status_code == 202 and again.json == {"state": "known"}
    for number in range(15):
        knock(whop, payment(f"pay_{number}"), f"msg_more_{number}")
    assert len(seen()) == 16
    with across_accounts():
        jobs = db.session.scalars(select(Job).where(Job.name == "connections.jobs.process")).all()
    assert [job.key for job in jobs] == [f"inbox:{whop.account_id}"]


def test_stripe_comes_in_by_its_own_signature(stripe, knock_stripe, seen):
    assert knock_stripe(stripe, event("invoice.paid", invoice())).json == {"state": "stored"}
    assert knock_stripe(stripe, event("invoice.paid", invoice())).json == {"state": "known"}
    [kept] = seen()
    assert kept.external_id.startswith("evt_invoice_paid") and kept.kind == "invoice.paid"
    assert knock_stripe(stripe, event("invoice.paid", invoice()), secret="whsec_other").status_code == 401


def test_the_older_whop_signature_and_its_repeat(whop, client, seen):
    raw = json.dumps({"action": "payment_failed", "data": payment()["data"]}).encode()
    states = [client.post(whop.webhook_path, data=raw, headers=sign_whop_older(SECRET, raw, time.time() - back)).json
              for back in (0, 9)]
    assert states == [{"state": "stored"}, {"state": "known"}] and seen()[0].kind == "payment.failed"


@pytest.mark.parametrize("back", [-299, 299, 0])
def test_five_minutes_either_way_are_fine(whop, knock, back):
    assert knock(whop, payment(), ts=time.time() - back).status_code == 202


@pytest.mark.parametrize("back", [-310, 310, 86400, -86400])
def test_older_or_from_the_future_is_refused(whop, stripe, knock, knock_stripe, back, seen):
    assert knock(whop, payment(), ts=time.time() - back).status_code == 401
    assert knock_stripe(stripe, event("invoice.paid", invoice()), ts=time.time() - back).status_code == 401
    assert seen() == []


def whop_headers(**changes):
    raw = json.dumps(payment()).encode()
    return {name: value for name, value in {**sign_whop(SECRET, "msg_1", raw), **changes}.items() if value is not None}


GOOD = sign_whop(SECRET, "msg_1", json.dumps(payment()).encode())["webhook-signature"]


@pytest.mark.parametrize("changes", [
    {"webhook-signature": None}, {"webhook-signature": ""}, {"webhook-signature": "v1"},
    {"webhook-signature": "v1,a,b"}, {"webhook-signature": "v1,é"}, {"webhook-signature": "v2" + GOOD[2:]},
    {"webhook-signature": GOOD[:-3]},
    {"webhook-id": None}, {"webhook-id": "x" * 300}, {"webhook-id": "msg_2"}, {"webhook-timestamp": None},
    {"webhook-timestamp": "soon"}, {"webhook-timestamp": "-5"}, {"webhook-timestamp": "1e9"},
    {"webhook-timestamp": "9" * 40}, {"webhook-timestamp": "١٧٩٦٠٠٠٠٠٠"}])
def test_malformed_signatures_are_refused_never_an_error(whop, client, changes):
    changes = {name: value and value.encode("utf-8").decode("latin-1") for name, value in changes.items()}
    answer = client.post(whop.webhook_path, data=json.dumps(payment()), headers=whop_headers(**changes))
    assert answer.status_code == 401 and "error" in answer.json


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=1", "v1=abc", "t=x,v1=y", "t=1,v1=é", ",,,", "t=1796000000,v0=aa"])
def test_malformed_stripe_signatures_are_refused(stripe, client, header):
    header = header.encode().decode("latin-1")
    assert client.post(stripe.webhook_path, data=b"{}", headers={"stripe-signature": header}).status_code == 401


def test_any_of_several_signatures_may_match(whop, stripe, client):
    raw = json.dumps(payment()).encode()
    headers = sign_whop(SECRET, "msg_1", raw)
    headers["webhook-signature"] = "v1,AAAA " + headers["webhook-signature"]
    assert client.post(whop.webhook_path, data=raw, headers=headers).status_code == 202
    raw = json.dumps(event("invoice.paid", invoice())).encode()
    signed = sign_stripe(STRIPE_SECRET, raw)["stripe-signature"].replace(",v1=", ",v1=00,v1=")
    assert client.post(stripe.webhook_path, data=raw, headers={"stripe-signature": signed}).status_code == 202


def test_a_changed_body_or_a_foreign_secret_is_refused_and_said_once(whop, client, knock, account):
    raw = json.dumps(payment()).encode()
    assert client.post(whop.webhook_path, data=raw + b" ", headers=sign_whop(SECRET, "msg_1", raw)).status_code == 401
    assert knock(whop, payment(), secret="ws_other").status_code == 401
    db.session.refresh(whop)
    assert "signature does not match" in whop.trouble


DEEP = b'{"type": "payment.failed", "data": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"


@pytest.mark.parametrize("raw", [
    b"", b"nothing", b"[]", b'"text"', b"7", b"{", DEEP, b'{"type": "x", "data": {"n": NaN}}',
    b'{"type": "x", "data": 1e999}', b'{"type": "x", "data": {"n": ' + b"9" * 5000 + b"}}", b"\xff\xfe{}",
    b'{"type": "x", "data": "\x00"}', b'{"data": {}}', b'{"type": 5, "data": {}}', b'{"type": "x"}',
    b'{"type": "x", "data": {"a": ' + b"[" * 80 + b"]" * 80 + b"}}"])
def test_what_is_no_event_is_a_bad_request(whop, knock, raw, seen):
    answer = knock(whop, raw)
    assert answer.status_code == 400 and answer.json["error"] and seen() == []


def test_escaped_nuls_and_lone_surrogates_do_no_harm(whop, knock, seen, heard, run_jobs):
    raw = json.dumps(payment(failure_message="a\x00b", metadata={"ra_ref": "x\ud800\x00y"})).encode()
    assert knock(whop, raw).status_code == 202
    run_jobs()
    assert seen()[0].state == "processed" and heard[0][0].reference == "x?y"


def test_too_large_is_said_before_anything_is_read(whop, knock, seen):
    assert knock(whop, payment(note="x" * (1 << 20))).status_code == 413 and seen() == []
    assert knock(whop, payment(note="x" * 900_000)).status_code == 202


def test_too_large_without_a_length_is_too_large_as_well(whop, client, seen):
    raw = json.dumps(payment(note="x" * (1 << 20))).encode()
    answer = client.post(whop.webhook_path, input_stream=io.BytesIO(raw), headers=sign_whop(SECRET, "msg_1", raw),
                         environ_overrides={"wsgi.input_terminated": True})
    assert answer.status_code == 413 and seen() == []


@pytest.mark.parametrize("path", ["/api/webhooks/whop/nobody", "/api/webhooks/paypal/x", "/api/webhooks/whop",
                                  "/api/webhooks/stripe", "/api/webhooks/paypal"])
def test_unknown_addresses_are_not_found(client, account, path):
    answer = client.post(path, data=b"{}")
    assert answer.status_code == 404 and "error" in answer.json


def test_a_key_serves_its_source_and_only_while_connected(whop, client, knock):
    raw = json.dumps(payment()).encode()
    assert client.post(f"/api/webhooks/stripe/{whop.key}", data=raw).status_code == 404
    whop.disconnect()
    db.session.commit()
    assert knock(whop, payment()).status_code == 404 and not whop.credentials


def test_an_unknown_kind_is_kept(whop, knock, seen, heard, run_jobs):
    assert knock(whop, {**payment(), "type": "comet.landed"}).status_code == 202
    run_jobs()
    assert [(one.kind, one.state) for one in seen()] == [("comet.landed", "unused")] and heard == []


def test_the_database_refusing_is_a_503_with_a_time_to_come_back(whop, knock, monkeypatch, seen):
    def away(*args, **kwargs):
        raise OperationalError("insert", {}, Exception("disk full"))
    monkeypatch.setattr(inbox, "insert_once", away)
    answer = knock(whop, payment())
    assert answer.status_code == 503 and answer.headers["Retry-After"] and seen() == []


def test_the_environments_secret_serves_the_only_account(app, account, client, monkeypatch, seen):
    raw, headers = json.dumps(payment()).encode(), sign_whop("ws_env", "msg_e", json.dumps(payment()).encode())
    assert client.post("/api/webhooks/whop", data=raw, headers=headers).status_code == 404
    monkeypatch.setitem(app.config, "WHOP_WEBHOOK_SECRET", "ws_env")
    assert client.post("/api/webhooks/whop", data=raw, headers=headers).json == {"state": "stored"}
    assert client.post("/api/webhooks/whop", data=raw, headers=headers).json == {"state": "known"}
    [kept] = seen()
    assert kept.connection.origin == "environment" and kept.connection.webhook_path == "/api/webhooks/whop"
    assert client.post(f"/api/webhooks/whop/{kept.connection.key}", data=raw, headers=headers).status_code == 404
    make_account("second")
    assert client.post("/api/webhooks/whop", data=raw, headers=headers).status_code == 404


def test_one_id_in_two_accounts_is_two_deliveries(whop, knock, other_account, seen):
    with as_account(other_account.id):
        theirs = Connection.add("whop", other_account.id, webhook_secret="ws_rival")
        db.session.commit()
        path = theirs.webhook_path
    assert knock(whop, payment()).json == {"state": "stored"}

    class Theirs:
        webhook_path = path
    assert knock(Theirs, payment(), secret=SECRET).status_code == 401
    assert knock(Theirs, payment(), secret="ws_rival").json == {"state": "stored"}
    assert len(seen()) == 1
