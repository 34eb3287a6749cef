"""What comes back: clicks and opens by humans and machines, and people who want no more."""
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kit.clock import now
from app.messaging import Consent, Link, Message, MessageEvent, Suppression, send
from app.spine.db import db
from app.spine.events import Event
from app.spine.jobs import drain

from .conftest import a_template, change

pytestmark = pytest.mark.usefixtures("at_noon")
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) Mobile Safari/604.1"}


@pytest.fixture
def sent(ana, post, at_noon):
    template = a_template(category="promo", body="[One](https://club.example/one?a=1&b=2) or [two](https://club.example/two)\n\n"
                          "Write to [us](mailto:us@club.example). {{unsubscribe_link}}")
    message = send(ana, template, dedupe_key="one")
    db.session.commit()
    drain()
    at_noon(minutes=5)
    return message


def paths(post, kind="c"):
    return list(dict.fromkeys(re.findall(rf"http://localhost(/t/{kind}/[\w.]+)", post.parcels[0].html)))


def kinds():
    return [(row.kind, row.machine) for row in db.session.scalars(select(MessageEvent).order_by(MessageEvent.id))]


def clicks():
    return [event.data["human"] for event in db.session.scalars(
        select(Event).where(Event.kind == "message.clicked").order_by(Event.id))]


def test_links_lead_through_us_to_where_they_led(sent, post, client):
    one, two = paths(post)
    before, _, after = post.parcels[0].html.partition("mailto")
    assert "club.example" not in before and after.startswith(":us@club.example")
    assert "https://club.example" not in post.parcels[0].text and "http://localhost/t/c/" in post.parcels[0].text
    answer = client.get(one, headers=PHONE)
    assert (answer.status_code, answer.location) == (302, "https://club.example/one?a=1&b=2")
    assert "Set-Cookie" not in answer.headers
    db.session.refresh(sent)
    assert sent.clicked_at == now() and kinds() == [("clicked", False)] and clicks() == [True]
    assert db.session.scalar(select(func.count(Link.id))) == 2      # the way out of the list is never tracked
    assert client.get(two, headers=PHONE).location == "https://club.example/two"


def test_only_links_of_that_message_are_followed(sent, client):
    assert client.get("/t/c/invented", headers=PHONE).status_code == 404
    assert client.get("/t/c/?url=https://evil.example", headers=PHONE).status_code == 404
    assert client.post("/t/c/x", headers=PHONE).status_code == 405


@pytest.mark.parametrize("headers", [{"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, {"User-Agent": ""},
                                     {"User-Agent": "Barracuda Sentinel"}, {"User-Agent": "python-requests/2.34"}])
def test_scanners_are_kept_apart(sent, post, client, headers):
    assert client.get(paths(post)[0], headers=headers).status_code == 302
    db.session.refresh(sent)
    assert sent.clicked_at is None and kinds() == [("clicked", True)] and clicks() == [False]


def test_a_head_request_is_a_machine(sent, post, client):
    assert client.head(paths(post)[0], headers=PHONE).status_code == 302
    assert kinds() == [("clicked", True)]


def test_a_click_within_two_seconds_is_a_machine(ana, post, client, at_noon):
    send(ana, a_template(body="[One](https://club.example/1)"), dedupe_key="one")
    db.session.commit()
    drain()
    at_noon(seconds=1)
    client.get(paths(post)[0], headers=PHONE)
    assert kinds() == [("clicked", True)]
    at_noon(seconds=1)
    client.get(paths(post)[0], headers=PHONE)
    assert kinds() == [("clicked", True), ("clicked", False)]


def test_whoever_follows_every_link_at_once_is_a_machine(sent, post, client, at_noon):
    for path in paths(post):
        client.get(path, headers=PHONE)
        at_noon(seconds=1)
    db.session.refresh(sent)
    assert sent.clicked_at is None and kinds() == [("clicked", True), ("clicked", True)]
    at_noon(seconds=20)
    client.get(paths(post)[1], headers=PHONE)
    db.session.refresh(sent)
    assert sent.clicked_at == now()


def test_opens_are_counted_once_and_only_if_wanted(account, sent, ana, post, client):
    [pixel] = paths(post, "o")
    for _ in range(2):
        answer = client.get(pixel, headers=PHONE)
        assert answer.mimetype == "image/gif" and answer.data.startswith(b"GIF89a")
    db.session.refresh(sent)
    assert sent.opened_at == now()
    assert db.session.scalar(select(func.count(Event.id)).where(Event.kind == "message.opened")) == 1
    change(account, track_opens=False)
    send(ana, a_template(name="two"), dedupe_key="two")
    db.session.commit()
    drain()
    assert "/t/o/" in post.parcels[0].html and "/t/o/" not in post.parcels[1].html


def test_a_privacy_proxy_is_no_open(sent, post, client):
    client.get(paths(post, "o")[0], headers={"User-Agent": "Mozilla/5.0"})
    db.session.refresh(sent)
    assert sent.opened_at is None and kinds() == [("opened", True)]


def untouched():
    return not any(db.session.scalar(select(func.count(model.id))) for model in (Suppression, Consent))


def test_looking_at_the_way_out_changes_nothing(sent, client):
    path = f"/u/{sent.token}"
    page = client.get(path)
    assert "Stop offers and news?" in page.text and "Harbor Run Club" in page.text and "RevenueAngel" not in page.text
    assert client.head(path).status_code == 200 and client.options(path).status_code == 200
    assert untouched() and client.get("/u/invented").status_code == 404


def test_one_click_of_a_mail_program_stops_at_once(sent, ana, client, post, at_noon):
    client.forge = True                                              # no cookie, no token, no Referer
    stop = re.search(r"<(http://localhost(/u/\w+))>", post.parcels[0].headers["List-Unsubscribe"])[2]
    for _ in range(2):
        answer = client.post(stop, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.data) == (200, b"") and "Set-Cookie" not in answer.headers
    [said] = db.session.scalars(select(Consent))
    assert (said.purpose, said.state, said.method) == ("promo", "withdrawn", "unsubscribe")
    assert db.session.scalar(select(func.count(Event.id)).where(Event.kind == "message.unsubscribed")) == 1
    states = {}
    for category in ("promo", "lifecycle", "transactional"):
        message = send(ana, a_template(name=category, category=category), dedupe_key=category)
        db.session.commit()
        drain()
        states[category] = message.state
    assert states == {"promo": "skipped", "lifecycle": "sent", "transactional": "sent"}


def test_a_person_can_stop_everything_and_take_it_back(sent, ana, client, post):
    client.forge = True
    done = client.post(f"/u/{sent.token}", data={"scope": "everything"})
    assert "no longer sends you messages other than those about payments and access" in done.text
    lifecycle = send(ana, a_template(name="two"), dedupe_key="two")
    db.session.commit()
    drain()
    assert (lifecycle.state, lifecycle.reason) == ("skipped", "suppressed")
    back = client.post(f"/u/{sent.token}/undo", data={"topic": "marketing"})
    assert "again" in back.text
    again = send(ana, a_template(name="three"), dedupe_key="three")
    db.session.commit()
    drain()
    assert again.state == "sent"
    assert [row.state for row in db.session.scalars(select(Consent).order_by(Consent.id))] == ["withdrawn", "granted"]
    assert client.post(f"/u/{sent.token}/undo", data={"topic": "x"}).status_code == 422


def test_undo_does_not_revive_an_address_that_bounced(sent, ana, client):
    from app.messaging import suppress
    suppress(ana.email, "email", "all", "bounce")
    db.session.commit()
    client.forge = True
    client.post(f"/u/{sent.token}/undo", data={"topic": "promo"})
    assert db.session.scalar(select(func.count(Suppression.id))) == 1


def test_unsubscribing_between_queue_and_send_is_heeded(sent, ana, client, post):
    waiting = send(ana, a_template(name="two", category="promo"), dedupe_key="two", due_at=now() + timedelta(hours=1))
    db.session.commit()
    client.forge = True
    client.post(f"/u/{sent.token}")
    waiting.due_at = now()
    db.session.commit()
    drain()
    assert (waiting.state, waiting.reason) == ("skipped", "suppressed") and len(post.parcels) == 1
    assert db.session.get(Message, sent.id).unsubscribed_at == now()
