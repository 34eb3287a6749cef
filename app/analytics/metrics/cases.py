"""Failed payments and what became of them: `metrics.md` section 10.

A case is one payment with a failed attempt, opened at the first failure. Paid within the recovery window it is
recovered; with the window over, or voided, it is lost; else it is open, and in neither part of a rate.
"""
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.kit.clock import now
from app.kit.money import ratio
from app.payments import RECOVERY, Payment, convert
from app.people import Person
from app.spine.db import db

from ..models import Touch
from .span import Span


@dataclass(frozen=True)
class Case:
    """`state` recovered, lost or open; `amount` is what was paid and kept, or what is at stake, in the account's
    currency (0 without a rate); `after_message`: something was sent between the failure and the payment."""
    payment: Payment
    state: str
    amount: int
    after_message: bool


@dataclass
class Cases:
    """The cases of a span, by the day of their first failure."""
    found: list[Case] = field(default_factory=list)

    def of(self, state: str) -> list[Case]:
        return [case for case in self.found if case.state == state]

    @property
    def recovered(self) -> list[Case]:
        return self.of("recovered")

    @property
    def closed(self) -> int:
        return len(self.found) - len(self.of("open"))

    @property
    def rate(self) -> Decimal | None:
        return ratio(len(self.recovered), self.closed)

    @property
    def rate_by_amount(self) -> Decimal | None:
        kept = sum(case.amount for case in self.recovered)
        return ratio(kept, kept + sum(case.amount for case in self.of("lost")))

    @property
    def recovered_amount(self) -> int:
        return sum(case.amount for case in self.recovered)

    @property
    def at_risk(self) -> int:
        return sum(case.amount for case in self.of("open"))

    @property
    def after_message(self) -> list[Case]:
        return [case for case in self.recovered if case.after_message]

    @property
    def retry_only(self) -> list[Case]:
        return [case for case in self.recovered if not case.after_message]


def cases(span: Span) -> Cases:
    """Every case whose first failure lies in the span, the latest first."""
    rows = db.session.scalars(
        select(Payment).join(Person, Person.id == Payment.person_id).options(
            joinedload(Payment.person), joinedload(Payment.plan)).where(
            Payment.failed_at >= span.begins, Payment.failed_at < span.ends, Payment.test.is_(False),
            Person.staff.is_(False)).order_by(Payment.failed_at.desc(), Payment.id.desc())).all()
    touched = _touched({row.person_id for row in rows if row.recovered})
    return Cases([Case(row, state_of(row), _amount(row), _after_message(row, touched[row.person_id]))
                  for row in rows if row.paid_at is None or row.failed_at < row.paid_at])


def state_of(payment: Payment, moment=None) -> str:
    """recovered, lost or open."""
    if payment.paid_at is not None:
        return "recovered" if payment.paid_at - payment.failed_at <= RECOVERY else "lost"
    over = (moment or now()) - payment.failed_at > RECOVERY
    return "lost" if over or payment.status == "canceled" else "open"


def _amount(payment: Payment) -> int:
    if payment.paid_at is not None:
        return payment.account_net or 0
    if payment.account_amount is not None:
        return payment.account_amount
    return convert(payment.amount, payment.currency, payment.opened_at) or 0


def _touched(person_ids) -> dict:
    found = defaultdict(list)
    for touch in db.session.execute(select(Touch.person_id, Touch.sent_at).where(
            Touch.person_id.in_(person_ids), Touch.kind == "delivered")):
        found[touch.person_id].append(touch.sent_at)
    return found


def _after_message(payment: Payment, sent: list) -> bool:
    return payment.recovered and any(payment.failed_at <= at <= payment.paid_at for at in sent)
