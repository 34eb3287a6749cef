"""Email against a real SMTP server: what arrives, and what each way of failing means."""
import email
import socket
from email import policy

import pytest

from app.adapters.smtp import Smtp, server
from app.spine.sockets import CHANNELS, Parcel
from tests.messaging.conftest import sink  # noqa: F401 - a fixture
from tests.wire import free_port

PARCEL = Parcel(key="msg_1", to="ana@club.example", subject="Grüße, Ana", text="Hi\n", html="<p>Hi</p>",
                sender="maya@club.example", sender_name="Maya, at Club",
                headers={"List-Unsubscribe": "<https://us.example/u/abc>",
                         "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})


def parcel(**traits):
    return Parcel(**{**PARCEL.__dict__, **traits})


def deliver(sink, **traits):  # noqa: F811
    return Smtp({"url": sink.url}).deliver(parcel(**traits))


def test_a_letter_arrives_whole(sink):  # noqa: F811
    receipt = deliver(sink)
    assert receipt.kind == "sent"
    [got] = sink.letters
    mail = email.message_from_bytes(got.content, policy=policy.default)
    assert (mail["Subject"], got.rcpt_tos, got.mail_from) == ("Grüße, Ana", ["ana@club.example"], "maya@club.example")
    assert mail["From"].addresses[0].display_name == "Maya, at Club"
    assert mail["List-Unsubscribe"] == "<https://us.example/u/abc>" and mail["Message-ID"] == receipt.provider_id
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_same_message_has_the_same_id_on_every_try(sink):  # noqa: F811
    assert deliver(sink).provider_id == deliver(sink).provider_id != deliver(sink, key="msg_2").provider_id


def test_addresses_beyond_ascii(sink):  # noqa: F811
    assert deliver(sink, to="jürgen@club.example").kind == "sent"
    assert sink.letters[0].rcpt_tos == ["jürgen@club.example"]


@pytest.mark.parametrize(("command", "answer", "kind", "bad_address"), [
    ("RCPT", "550 5.1.1 no such user", "failed", True), ("RCPT", "551 moved", "failed", True),
    ("RCPT", "553 bad mailbox", "failed", True), ("RCPT", "452 4.2.2 full", "retry", False),
    ("RCPT", "554 blocked", "failed", False), ("MAIL", "553 sender refused", "failed", False),
    ("MAIL", "421 busy", "retry", False), ("MAIL", "552 too big", "failed", False),
    ("DATA", "554 looks like spam", "failed", False), ("DATA", "550 policy", "failed", False),
    ("DATA", "451 try later", "retry", False), ("DATA", "hang up", "unclear", False)])
def test_each_answer_has_its_meaning(sink, command, answer, kind, bad_address):  # noqa: F811
    sink.answers[command] = answer
    receipt = deliver(sink)
    assert (receipt.kind, receipt.bad_address) == (kind, bad_address)
    assert answer[:3] in receipt.reason or answer == "hang up"


def test_nobody_there_is_asked_again():
    assert Smtp({"url": f"smtp://127.0.0.1:{free_port()}"}).deliver(PARCEL).kind == "retry"


def test_a_server_that_hangs_up_before_the_words_is_asked_again():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        import threading
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        assert Smtp({"url": f"smtp://127.0.0.1:{listening.getsockname()[1]}"}).deliver(PARCEL).kind == "retry"


def test_tls_that_is_demanded_and_not_offered_hands_nothing_over(sink):  # noqa: F811
    assert Smtp({"url": sink.url + "?tls=1"}).deliver(PARCEL).kind == "retry" and sink.letters == []


def test_a_wrong_password_is_final(sink):  # noqa: F811
    receipt = Smtp({"url": sink.url.replace("://", "://user:wrong@")}).deliver(PARCEL)
    assert receipt.kind in ("failed", "retry") and sink.letters == []


@pytest.mark.parametrize("traits", [{"to": "nobody"}, {"to": ""}, {"to": "a@b\r\nBcc: all@example.com"},
                                    {"to": "Ana <ana@example.com>"}])
def test_what_is_no_address_never_leaves(sink, traits):  # noqa: F811
    receipt = deliver(sink, **traits)
    assert (receipt.kind, receipt.bad_address) == ("failed", True) and sink.letters == []


@pytest.mark.parametrize("traits", [{"subject": "a\r\nBcc: all@example.com"}, {"headers": {"X-A": "a\nB: c"}},
                                    {"sender_name": "a\r\nBcc: b@example.com"}])
def test_headers_take_no_line_breaks(sink, traits):  # noqa: F811
    receipt = deliver(sink, **traits)
    assert receipt.kind == "failed" and not receipt.bad_address and sink.letters == []


def test_a_tenants_server_must_be_on_the_open_internet(sink):  # noqa: F811
    receipt = Smtp({"url": sink.url, "guard": True}).deliver(PARCEL)
    assert receipt.kind == "retry" and sink.letters == [] and "127" not in receipt.reason


@pytest.mark.parametrize(("url", "host", "port", "secure"), [
    ("smtp://mail.example", "mail.example", 587, False), ("smtps://mail.example", "mail.example", 465, True),
    ("smtp://u%40x:p%2F@mail.example:2525?tls=0", "mail.example", 2525, False)])
def test_addresses_of_servers(url, host, port, secure):
    found = server(url)
    assert (found.host, found.port, found.secure) == (host, port, secure)
    assert found.user in ("", "u@x") and found.password in ("", "p/")


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://h:nan"])
def test_what_is_no_server_is_said_so(url):
    with pytest.raises(ValueError, match=r"Write an address|port"):
        server(url)


def test_it_is_plugged_in(app):
    assert CHANNELS["email"] is Smtp and not Smtp.keyed


def test_the_house_writes_its_own_letters_through_it(app, sink, monkeypatch):  # noqa: F811
    from app.accounts.mail import post
    monkeypatch.setitem(app.config, "SMTP_URL", sink.url)
    monkeypatch.setitem(app.config, "SMTP_FROM", "house@club.example")
    post("olu@harbor.example", "Sign in", "sign_in", {"link": "https://us.example/in"})
    assert sink.letters[0].mail_from == "house@club.example"
