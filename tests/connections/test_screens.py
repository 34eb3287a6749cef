"""The connections and deliveries screens, as pages and as htmx parts, for those who may and those who may not."""
import pytest

from app.adapters.whop import client as whop_client
from app.connections import Connection, Delivery, Tried
from app.spine.db import as_account, db

from .conftest import SECRET, payment


@pytest.fixture
def told(whop, knock, heard, run_jobs, seen):
    """Three deliveries: done, unused, failed."""
    knock(whop, payment(), "msg_1")
    knock(whop, {**payment(), "type": "payout.created"}, "msg_2")
    knock(whop, payment("pay_3", user=None, customer_email=None), "msg_3")
    run_jobs()
    return seen()


def test_the_list_is_a_page_and_a_part(desk, told, htmx):
    whole, part = desk.get("/deliveries"), desk.get("/deliveries", headers=htmx)
    assert "<h1>" in whole.text and "<h1>" not in part.text
    for answer in whole, part:
        assert "A payment came in" in answer.text and "who it is about" in answer.text


@pytest.mark.parametrize("query, shown, hidden", [
    ("state=failed", "who it is about", "A payout was started"), ("state=unused", "A payout was started", "who it is"),
    ("source=stripe", "Nothing like that arrived", "who it is"),
    ("kind=payout.created", "A payout was started", "who it is")])
def test_filters(desk, told, htmx, query, shown, hidden):
    text = desk.get(f"/deliveries?{query}", headers=htmx).text
    assert shown in text and hidden not in text


def test_pages_of_the_list(desk, whop, htmx):
    with as_account(whop.account_id):
        for number in range(60):
            db.session.add(Delivery(connection_id=whop.id, source="whop", external_id=f"m{number}", kind="x.y",
                                    body="{}"))
        db.session.commit()
    first = desk.get("/deliveries", headers=htmx).text
    assert first.count("<tr>") == 51 and "Next" in first and "cursor=" in first
    assert desk.get("/deliveries?cursor=nonsense").status_code == 400


def test_one_delivery_with_its_payload_and_facts(desk, told):
    text = desk.get(f"/deliveries/{told[0].public_id}").text
    assert "took PaymentFact" in text and "ana@example.test" in text and "Replay" in text and "Payment: paid" in text
    failed = desk.get(f"/deliveries/{told[2].public_id}").text
    assert "It could not be used" in failed and "no user, member or email" in failed


def test_replaying_from_the_screen(desk, told, heard, run_jobs, seen):
    answer = desk.post(f"/deliveries/{told[0].public_id}/replay")
    assert answer.status_code == 303 and seen()[0].state == "waiting"
    run_jobs()
    assert seen()[0].state == "processed" and len(heard) == 2


def test_who_may_only_look_sees_none_of_it(visitor_desk, told):
    for path in ("/deliveries", f"/deliveries/{told[0].public_id}", "/settings/connections"):
        assert visitor_desk.get(path).status_code == 403
    assert visitor_desk.post(f"/deliveries/{told[0].public_id}/replay").status_code == 403


def test_foreign_rows_are_absent(desk, other_account):
    with as_account(other_account.id):
        theirs = Connection.add("whop", other_account.id, webhook_secret="ws_rival")
        row = Delivery(connection_id=theirs.id, source="whop", external_id="m", kind="x.y", body="{}")
        db.session.add(row)
        db.session.commit()
        ids = theirs.public_id, row.public_id
    assert desk.get(f"/settings/connections/{ids[0]}").status_code == 404
    assert desk.get(f"/deliveries/{ids[1]}").status_code == 404
    assert desk.post(f"/deliveries/{ids[1]}/replay").status_code == 404


def test_connecting_on_screen(desk, account):
    assert "Nothing is connected yet" in desk.get("/settings/connections").text
    assert "starts with ws_" in desk.get("/settings/connections/new/whop").text
    answer = desk.post("/settings/connections/new/whop", data={"name": "My Whop", "webhook_secret": "ws_typed",
                                                               "api_key": "", "external_account": "biz_1"})
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    with as_account(account.id):
        made = Connection.find(answer.location.rpartition("/")[2])
        assert (made.name, made.secrets, made.external_account) == ("My Whop", ["ws_typed"], "biz_1")
    assert f"http://localhost{made.webhook_path}" in page and "ws_typed" not in page
    listed = desk.get("/settings/connections").text
    assert "My Whop" in listed and "Waiting for the first event" in listed and "ws_typed" not in listed


def test_a_mistyped_secret_is_said_and_not_shown_again(desk, account):
    typed = {"webhook_secret": "two words", "external_account": "biz_1"}
    answer = desk.post("/settings/connections/new/whop", data=typed)
    assert answer.status_code == 422 and "has spaces in it" in answer.text
    assert "two words" not in answer.text and "biz_1" in answer.text


def test_changing_the_secret_keeps_the_old_one_for_a_day(desk, whop):
    path = f"/settings/connections/{whop.public_id}"
    answer = desk.post(path, data={"name": "Renamed", "webhook_secret": "ws_new", "api_key": ""})
    assert answer.status_code == 303
    db.session.refresh(whop)
    assert whop.name == "Renamed" and whop.secrets == ["ws_new", SECRET]
    assert desk.post(path, data={"webhook_secret": "a b"}).status_code == 422
    desk.post(path, data={"name": "", "webhook_secret": ""})
    db.session.refresh(whop)
    assert whop.secrets == ["ws_new", SECRET] and whop.name == "Renamed"


def test_testing_says_what_the_vendor_said(desk, whop, monkeypatch):
    asked = []

    def answer(self, connection):
        assert not db.session().in_transaction(), "no call inside a transaction"
        asked.append(connection.credential("webhook_secret"))
        return Tried(len(asked) > 1, "Whop does not know this key." if len(asked) == 1 else "Known.", "biz_7")
    monkeypatch.setattr("app.adapters.whop.Whop.check", answer)
    path = f"/settings/connections/{whop.public_id}"
    desk.post(f"{path}/test")
    assert "Whop does not know this key." in desk.get(path).text
    desk.post(f"{path}/test")
    db.session.refresh(whop)
    assert asked == [SECRET, SECRET] and whop.external_account == "biz_7" and whop.trouble is None


def test_no_key_to_test_is_said_in_words(app, whop):
    assert "no API key" in whop_client.check(whop).words


def test_disconnecting_asks_once_and_forgets(desk, whop):
    path = f"/settings/connections/{whop.public_id}"
    assert "Disconnect Whop?" in desk.get(path).text
    assert desk.post(f"{path}/disconnection").status_code == 303
    db.session.refresh(whop)
    assert whop.state == "off" and whop.credentials == "" and "Disconnected" in desk.get(path).text
    assert "Nothing is connected yet" in desk.get("/settings/connections").text
