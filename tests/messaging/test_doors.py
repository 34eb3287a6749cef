"""The screens: ledger, one message, templates, sending settings; pages and parts, who may do what."""
import re

import pytest
from sqlalchemy import select

from app.messaging import Message, Sending, Template, send
from app.messaging.models import MailServer
from app.messaging.views.panel import messages_of
from app.people import Identity
from app.spine.db import as_account, db
from app.spine.jobs import drain
from app.spine.sockets import Receipt

from .conftest import a_person, a_template, change

pytestmark = pytest.mark.usefixtures("at_noon")
WORDS = {"name": "Welcome", "category": "lifecycle", "channel": "email", "subject": "Hi {{first_name|you}}",
         "body": "Welcome to **{{creator_name}}**."}


@pytest.fixture
def some(ana, hello, post):
    """Ana's message went out, Bo's was refused, Cy's is unclear, Dee's is held."""
    made = {"ana": send(ana, hello, dedupe_key="ana")}
    post.answers = [Receipt("sent"), Receipt("failed", reason="no room"), Receipt("unclear")]
    for name in ("bo", "cy"):
        person = a_person(name=name.title(), email=f"{name}@example.com", stage="member")
        made[name] = send(person, hello, dedupe_key=name)
    db.session.commit()
    drain()
    dee = a_person(name="Dee", email="dee@example.com", stage="member")
    db.session.add(Identity(person_id=dee.id, kind="whop_user", value="user_dee", source="whop"))
    made["dee"] = send(dee, a_template(name="By Whop", channel="push"), dedupe_key="dee")
    db.session.commit()
    drain()
    return made


def test_empty_pages_offer_the_next_step(desk):
    assert "No message yet" in desk.get("/messages").text
    assert "No template yet" in desk.get("/messages/templates").text
    assert "No message yet" in desk.get("/messages/outbox").text


def test_the_ledger_has_tabs_filters_and_a_part(desk, some, htmx, ana):
    page, part = desk.get("/messages"), desk.get("/messages", headers=htmx)
    assert "<h1>" in page.text and "<h1>" not in part.text and 'id="messages"' in part.text
    assert "1 message sent" in page.text and "1 message may or may not have gone out" in page.text
    for tab, who in (("sent", "Ana Torres"), ("failed", "Bo"), ("unclear", "Cy"), ("held", "Dee")):
        rows = desk.get(f"/messages?tab={tab}", headers=htmx).text
        assert re.findall(r'<td><a class="plain" href="/people/\w+">([\w ]+)</a></td>', rows) == [who]
    assert "no room" in desk.get("/messages?tab=failed").text
    assert "Dee" in desk.get("/messages?channel=push", headers=htmx).text
    assert "Ana" not in desk.get("/messages?channel=push", headers=htmx).text
    mine = desk.get(f"/messages?person={ana.public_id}")
    assert "Ana Torres" in mine.text and "Dee" not in mine.text and "Remove filter Person" in mine.text
    assert desk.get("/messages?person=per_x").status_code == 404
    assert "Nothing matches" in desk.get("/messages?tab=held&channel=email").text


def test_the_ledger_is_paged(desk, ana, hello):
    for number in range(60):
        send(ana, hello, dedupe_key=str(number))
    db.session.commit()
    first = desk.get("/messages?tab=waiting")
    following = re.search(r'href="([^"]*cursor=[^"]*)">Next', first.text)[1].replace("&amp;", "&")
    second = desk.get(following)
    assert [page.text.count('scope="row"') for page in (first, second)] == [50, 10] and "tab=waiting" in following
    assert desk.get("/messages?cursor=nonsense").status_code == 404


def test_filtering_by_playbook(desk, ana, hello):
    class Rescue:
        id, public_id, name = 7, "aut_rescue", "Rescue failed payments"
    message = send(ana, hello, dedupe_key="one", automation=Rescue, enrollment=3, step="s2")
    send(ana, hello, dedupe_key="two")
    db.session.commit()
    assert (message.automation_id, message.enrollment_id, message.step_key) == (7, 3, "s2")
    for asked in ("aut_rescue", "Rescue failed payments"):
        text = desk.get(f"/messages?playbook={asked}").text
        assert text.count('scope="row"') == 1 and "Rescue failed payments" in text


def test_one_message_tells_its_whole_life_and_why(desk, some):
    page = desk.get(f"/messages/{some['ana'].public_id}").text
    for words in ("It was accepted for delivery.", "Handed over, try 1", "<p>Good to see you.</p>"):
        assert words in page
    held = desk.get(f"/messages/{some['dee'].public_id}").text
    assert "Whop is not connected" in held and "Release it now" in held and "As it would go out now" in held
    assert desk.post(f"/messages/{some['dee'].public_id}/cancellation").status_code == 303
    assert "Canceled by Olu" in desk.get(f"/messages/{some['dee'].public_id}").text
    assert desk.post(f"/messages/{some['dee'].public_id}/release").status_code == 409
    assert desk.post(f"/messages/{some['cy'].public_id}/resolution", data={"how": "x"}).status_code == 422


def test_others_and_lookers_cannot_act(desk, visitor_desk, some, other_account):
    path = f"/messages/{some['dee'].public_id}"
    assert visitor_desk.get(path).status_code == 200 and "Release it now" not in visitor_desk.get(path).text
    for verb in ("cancellation", "release", "resolution"):
        assert visitor_desk.post(f"{path}/{verb}").status_code == 403
    assert visitor_desk.post("/messages/templates", data=WORDS).status_code == 403
    with as_account(other_account.id):
        foreign = a_template(name="Foreign")
        stranger = a_person(email="s@example.com", stage="member")
        message = send(stranger, foreign, dedupe_key="x")
        db.session.commit()
        ids = message.public_id, foreign.public_id
    assert desk.get(f"/messages/{ids[0]}").status_code == 404
    assert desk.get(f"/messages/templates/{ids[1]}").status_code == 404
    assert desk.post(f"/messages/{ids[0]}/cancellation").status_code == 404
    assert "Foreign" not in desk.get("/messages/templates").text


def test_a_template_is_written_revised_and_put_away(desk, ana, post):
    made = desk.post("/messages/templates", data=WORDS)
    assert made.status_code == 303
    template = db.session.scalar(select(Template))
    page = desk.get(made.location)
    assert "Hi Ana" in page.text and "<strong>Harbor Run Club</strong>" in page.text and "Version 1" in page.text
    saved = desk.post(made.location, data={**WORDS, "body": "Other words."})
    assert saved.status_code == 303 and "Version 2" in desk.get(made.location).text
    assert "Welcome" in desk.get("/messages/templates").text
    desk.post(f"/messages/templates/{template.public_id}/archive")
    assert "Welcome" not in desk.get("/messages/templates").text.split("Undo")[-1].split("<main")[-1]


@pytest.mark.parametrize(("field", "value", "words"), [
    ("body", "Hi {{nobody}}", "is not a variable we know"), ("name", " ", "Give it a name"),
    ("body", "", "Write what the message says"), ("channel", "pigeon", "is no channel"),
    ("category", "spam", "is no category"), ("subject", "x" * 201, "longer than 200")])
def test_a_bad_template_is_refused_with_words_and_kept_on_the_page(desk, field, value, words):
    refused = desk.post("/messages/templates", data={**WORDS, field: value})
    assert refused.status_code == 422 and words in refused.text.replace("&#39;", "'")
    assert db.session.scalar(select(Template)) is None
    assert "Welcome to **" in refused.text or field == "body"


def test_a_service_message_may_not_carry_an_offer(desk):
    refused = desk.post("/messages/templates", data={**WORDS, "category": "transactional", "body": "{{offer_link}}"})
    assert refused.status_code == 422 and "may not carry an offer" in refused.text


def test_the_preview_reads_as_one_person_would(desk, ana, htmx):
    a_person(name="Bo Li", email="bo@example.com", stage="lead")
    words = {**WORDS, "as": ana.public_id, "body": "{{card_link}} {{amount}}"}
    part = desk.post("/messages/templates/preview", data=words, headers=htmx)
    assert part.status_code == 200 and "<h1>" not in part.text and 'id="preview"' in part.text
    assert "Hi Ana" in part.text and "$49.00" in part.text and "has no card link, amount now" in part.text
    broken = desk.post("/messages/templates/preview", data={**WORDS, "body": "{{x"}, headers=htmx)
    assert broken.status_code == 200 and "has no other half" in broken.text
    whole = desk.post("/messages/templates/preview", data={**WORDS, "name": "Unsaved"})
    assert "<h1>" in whole.text and 'value="Unsaved"' in whole.text and db.session.scalar(select(Template)) is None


def test_a_preview_works_before_the_first_person_has_come(desk):
    assert "Hi Sofia" in desk.post("/messages/templates/preview", data=WORDS).text
    assert desk.get("/messages/templates/new").status_code == 200


def test_a_test_goes_to_oneself_only_and_leaves_no_trace(desk, ana, post):
    template = a_template(body="Pay {{amount}}: {{card_link}}")
    assert desk.post(f"/messages/templates/{template.public_id}/tests",
                     data={"as": ana.public_id, "to": "else@example.com"}).status_code == 303
    drain()
    [parcel] = post.parcels
    assert (parcel.to, parcel.subject) == ("olu@harbor.test", "[Test] Hi Ana") and "$49.00" in parcel.text
    assert "/t/c/" not in parcel.html and db.session.scalar(select(Message)) is None


def test_a_test_without_a_mail_server_says_what_is_missing(desk, hello):
    desk.post(f"/messages/templates/{hello.public_id}/tests")
    assert "Email is not set up yet" in desk.get(f"/messages/templates/{hello.public_id}").text


def test_the_list_counts_what_came_of_a_template(desk, some, ana):
    some["ana"].clicked_at = some["ana"].sent_at
    db.session.commit()
    assert "1 of 1" in desk.get("/messages/templates").text


def sending(**traits):
    return {"sender_name": "Maya", "sender": "maya@club.example", "postal_address": "41 Mill Lane",
            "quiet_start": "22:00", "quiet_end": "07:30", "cap_day": "3", "cap_week": "9",
            "channels": ["email", "in_app"], "default_channel": "in_app", "consent": "recorded", **traits}


def test_sending_settings_are_kept(desk, account):
    assert desk.post("/settings/sending", data=sending(paused="1")).status_code == 303
    kept = Sending.of(account)
    assert (kept.cap_day, kept.quiet_start, kept.channels, kept.paused, kept.track_opens) == (
        3, "22:00", ["email", "in_app"], True, False)
    page = desk.get("/settings/sending").text
    assert "All sending is paused" in page and "41 Mill Lane" in page and "Sending" in desk.get("/settings").text


@pytest.mark.parametrize(("field", "value", "words"), [
    ("quiet_start", "25:00", "Write a time"), ("cap_day", "0", "whole number from 1"),
    ("cap_day", "many", "whole number"),
    ("cap_week", "2", "less than a day"), ("sender", "nobody", "not an email address"),
    ("default_channel", "push", "a channel that is on"), ("consent", "x", "one of the three"),
    ("sender_name", "a\nb", "one line"), ("server", "http://x", "smtp://user:password"),
    ("server", "smtp://h:99999", "port")])
def test_wrong_settings_are_refused_in_words(desk, account, field, value, words):
    refused = desk.post("/settings/sending", data=sending(**{field: value}))
    assert refused.status_code == 422 and words in refused.text
    assert Sending.of(account) == Sending()


def test_the_mail_server_is_sealed_and_never_shown(desk, account, app):
    secret = "smtp://maya:hunter2@mail.club.example:587?tls=1"
    assert desk.post("/settings/sending", data=sending(server=secret)).status_code == 303
    assert MailServer.url() == secret
    held = db.session.scalar(select(MailServer.credentials))
    assert "hunter2" not in held and "hunter2" not in desk.get("/settings/sending").text
    desk.post("/settings/sending", data=sending())
    assert MailServer.url() == secret
    desk.post("/settings/sending", data=sending(forget_server="1"))
    assert MailServer.url() is None


def test_a_mail_server_that_no_longer_opens_is_said_and_can_be_replaced(desk, account, app):
    desk.post("/settings/sending", data=sending(server="smtp://me:hush@mail.example.com"))
    held = db.session.scalar(select(MailServer))
    held.credentials = held.credentials[:-8] + "AAAAAAAA"
    db.session.commit()
    page = desk.get("/settings/sending")
    assert page.status_code == 200 and "The mail server kept here cannot be opened" in page.text
    for change_of_mind in ({"server": "smtp://me:hush@mail.example.com"}, {"forget_server": "on"}):
        assert desk.post("/settings/sending", data=sending(**change_of_mind)).status_code == 303
        assert "cannot be opened" not in desk.get("/settings/sending").text


def test_going_on_after_a_pause_sends_what_waits(desk, account, ana, hello, post):
    change(account, paused=True)
    send(ana, hello, dedupe_key="one")
    db.session.commit()
    drain()
    desk.post("/settings/sending", data=sending(channels=["email"], default_channel="email", consent="customers"))
    drain()
    assert len(post.parcels) == 1


def test_a_person_shows_their_messages(app, some, ana):
    with app.test_request_context():
        panel = messages_of(ana)
        assert "Hi Ana" in panel and "It was accepted for delivery." in panel
        assert messages_of(a_person(email="new@example.com")) is None


@pytest.mark.parametrize(("how", "state"), [("release", "sent"), ("cancel", "canceled")])
def test_everything_held_is_decided_at_once(desk, visitor_desk, hello, post, at_noon, how, state):
    for number in range(3):
        send(a_person(name=f"P{number}", email=f"p{number}@example.com", stage="member"), hello, dedupe_key=str(number))
    db.session.commit()
    at_noon(hours=7)
    drain()
    assert "3 messages wait for you" in desk.get("/messages?tab=held").text and not post.parcels
    assert visitor_desk.post("/messages/held", data={"how": how}).status_code == 403
    assert desk.post("/messages/held", data={"how": "x"}).status_code == 422
    assert desk.post("/messages/held", data={"how": how}).status_code == 303
    drain()
    assert {row.state for row in db.session.scalars(select(Message))} == {state}
