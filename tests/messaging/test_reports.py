"""What a mail provider says after it accepted a message."""
import pytest
from sqlalchemy import func, select

from app.kit.clock import now
from app.messaging import Message, MessageEvent, report, send
from app.spine.db import db
from app.spine.events import Event
from app.spine.jobs import drain
from app.spine.sockets import Receipt

from .conftest import a_template

pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture
def sent(ana, hello, post):
    return out(ana, hello, "one")


def out(person, template, key):
    message = send(person, template, dedupe_key=key)
    db.session.commit()
    drain()
    return message


def say(message, kind, number=1, **more):
    return report(message, kind, source="ses", event_id=f"{kind}-{number}", at=now(), **more)


def test_the_same_event_counts_once(sent):
    assert say(sent, "delivered") and not say(sent, "delivered")
    assert (sent.state, sent.delivered_at) == ("delivered", now())
    assert db.session.scalar(select(func.count(MessageEvent.id))) == 1
    assert db.session.scalar(select(func.count(Event.id)).where(Event.kind == "message.delivered")) == 1


def test_a_bounce_ends_the_use_of_the_address(sent, ana, post):
    say(sent, "bounced", words="no such mailbox")
    assert (sent.state, sent.reason_words) == ("bounced", "no such mailbox")
    again = out(ana, a_template(name="receipt", category="transactional"), "two")
    assert (again.state, again.reason) == ("skipped", "suppressed")


def test_a_complaint_ends_marketing_and_not_service(sent, ana, post):
    say(sent, "complained")
    assert sent.state == "complained"
    states = [out(ana, a_template(name=name, category=name), name).state for name in ("promo", "transactional")]
    assert states == ["skipped", "sent"]


@pytest.mark.parametrize(("order", "state"), [(("bounced", "delivered"), "bounced"),
                                              (("delivered", "bounced"), "bounced"),
                                              (("complained", "delivered", "bounced"), "complained")])
def test_the_order_of_arrival_does_not_matter(sent, order, state):
    for kind in order:
        say(sent, kind)
    assert sent.state == state


def test_a_report_settles_what_was_unclear(ana, hello, post):
    post.answers = [Receipt("unclear")]
    message = out(ana, hello, "one")
    assert message.state == "unclear"
    say(message, "delivered")
    assert message.state == "delivered" and message.sent_at == now()
    drain()
    assert db.session.get(Message, message.id).state == "delivered" and len(post.parcels) == 1


def test_other_words_are_refused(sent):
    with pytest.raises(ValueError, match="delivered, bounced, complained"):
        say(sent, "opened")
