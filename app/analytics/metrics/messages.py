"""What became of messages: `metrics.md` section 15. Unique per send, by the day it was sent."""
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, case, func, select

from app.kit.money import ratio
from app.messaging import Message
from app.spine.db import db

from ..models import Conversion, Touch
from .span import Span

OUT = ("sent", "delivered", "bounced", "complained")
TRACKED = ("email",)                  # channels in which an open can be seen at all


@dataclass
class Sends:
    """Counts of one span; rates are None without a denominator, or where opens cannot be seen."""
    sent: int = 0
    bounced: int = 0
    tracked: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    attributed: int = 0

    @property
    def delivered(self) -> int:
        return self.sent - self.bounced

    def rates(self) -> dict[str, tuple[int, int, Decimal | None]]:
        """Name -> numerator, denominator, ratio. The open rate is approximate."""
        pairs = {"delivery_rate": (self.delivered, self.sent), "open_rate": (self.opened, self.tracked),
                 "click_rate": (self.clicked, self.delivered), "click_to_open": (self.clicked, self.opened),
                 "conversion_rate": (self.attributed, self.delivered),
                 "unsubscribe_rate": (self.unsubscribed, self.delivered),
                 "complaint_rate": (self.complained, self.delivered)}
        return {name: (part, whole, ratio(part, whole)) for name, (part, whole) in pairs.items()}


def real(span: Span) -> tuple:
    """The criterion of messages that count: really sent, no tests."""
    return (Message.is_test.is_(False), Message.state.in_(OUT), Message.sent_at >= span.begins,
            Message.sent_at < span.ends)


def sends(span: Span, automation_id: int | None = None) -> Sends:
    """All messages of the span, or one playbook's."""
    mine = real(span) + ((Message.automation_id == automation_id,) if automation_id else ())

    def count(*conditions):
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)
    arrived = Message.state != "bounced"
    row = db.session.execute(select(
        func.count(), count(Message.state == "bounced"), count(Message.channel.in_(TRACKED), arrived),
        count(Message.channel.in_(TRACKED), arrived, Message.opened_at.is_not(None)),
        count(arrived, Message.clicked_at.is_not(None)), count(Message.unsubscribed_at.is_not(None)),
        count(Message.state == "complained")).where(*mine)).one()
    credited = db.session.scalar(select(func.count(func.distinct(Touch.message_id))).join(
        Conversion, Conversion.touch_id == Touch.id).join(Message, Message.id == Touch.message_id).where(
        Conversion.credit == "attributed", *mine))
    return Sends(*(int(number) for number in row), attributed=credited)
