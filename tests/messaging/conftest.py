"""People who get messages, a post that writes down what it was given, and a mail server that really answers."""
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller

from app.kit import clock
from app.messaging import Sending, Template
from app.people import Person
from app.spine.db import db
from app.spine.sockets import CHANNELS, Receipt
from tests.wire import free_port

NOON = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)          # a Wednesday, noon in New York


@pytest.fixture
def at_noon():
    """Product time stands at noon in New York; yields what moves it on."""
    with clock.frozen(NOON) as forward:
        yield forward


@pytest.fixture
def ana(account):
    return a_person(name="Ana Torres", email="ana@example.com", stage="member", plan_name="Club monthly")


def a_person(**traits):
    person = Person(**{"custom": {}, **traits})
    db.session.add(person)
    db.session.commit()
    return person


@pytest.fixture
def hello(account):
    return a_template()


def a_template(**traits):
    template = Template(**{"name": "Hello", "subject": "Hi {{first_name|there}}", "body": "Good to see you.",
                           "category": "lifecycle", "channel": "email", **traits})
    db.session.add(template)
    db.session.commit()
    return template


def change(account, **traits):
    """Other settings for the account."""
    sending = Sending.of(account)
    for name, value in traits.items():
        setattr(sending, name, value)
    assert not sending.problems()
    sending.keep(account)
    db.session.commit()


class Post:
    """A channel that keeps what it is given and answers as it is told."""
    keyed = False

    def __init__(self):
        self.parcels, self.answers, self.during = [], [], None

    def __call__(self, settings):
        return self

    def deliver(self, parcel):
        assert not db.session.registry().in_transaction(), "a provider was called inside a transaction"
        self.parcels.append(parcel)
        if self.during:
            self.during(parcel)
            db.session.commit()
        answer = self.answers.pop(0) if self.answers else Receipt("sent", provider_id=f"post-{len(self.parcels)}")
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def post(app, monkeypatch):
    """Email goes to a Post."""
    made = Post()
    made.name = "email"
    monkeypatch.setitem(CHANNELS, "email", made)
    monkeypatch.setitem(app.config, "SMTP_URL", "smtp://post")
    return made


class Sink:
    """What a mail server was given, and the answers it is told to give."""

    def __init__(self):
        self.letters, self.answers = [], {}

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(envelope)
        if self.answers.get("DATA") == "hang up":
            server.transport.abort()
            return "451 gone"
        return self.answers.get("DATA", "250 OK")


@pytest.fixture
def sink():
    """A real SMTP server on a free port; `sink.url` leads to it."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    handler.url = f"smtp://127.0.0.1:{controller.port}"
    yield handler
    controller.stop()
