"""What follows from a payment's parts: its status and sums, the person's copies, and what is told to others."""
from sqlalchemy import func, select, update

from app.accounts import current_account
from app.kit.dress import Dress
from app.people import Person
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.prepared import Prepared, many, rows_of
from app.spine.prepared import one as of
from app.spine.slots import filled

from .models import COUNTED, Attempt, Dispute, Payment, Refund, convert

PARTS = {model: Prepared(lambda model=model: select(model.id).where(model.payment_id == of("payment")))
         for model in (Attempt, Refund, Dispute)}
SUMS = Prepared(lambda: select(
    Payment.person_id, func.coalesce(func.sum(Payment.account_net), 0), func.count(), func.min(Payment.paid_at),
    func.max(Payment.paid_at)).where(Payment.person_id.in_(many("people")), Payment.status.in_(COUNTED),
                                     Payment.test.is_(False)).group_by(Payment.person_id))
TOLD = Prepared(lambda: select(Event.key, Event.at).where(Event.source == "payments", Event.person_id == of("person")))
DRESS = Dress(account=current_account)


def settle(payment: Payment) -> None:
    """Recompute everything that follows, and say what has become true; saying it twice is harmless."""
    attempts, refunds, disputes = (parts(model, payment) for model in (Attempt, Refund, Dispute))
    follow(payment, attempts, refunds, disputes)
    db.session.flush()
    copy_to_people([payment.person_id])
    _tell(payment, attempts, refunds, disputes)
    for keep, _traits in filled("payments.settled"):
        keep(payment)


def parts(model, payment: Payment) -> list:
    """The attempts, refunds or disputes of a payment, in order of time."""
    return sorted(rows_of(model, PARTS[model](payment=payment.id).scalars()), key=lambda one: one.at)


def follow(payment: Payment, attempts, refunds, disputes) -> None:
    """The columns that follow from a payment's parts, which come in order of time."""
    _dates(payment, attempts)
    given = sum(refund.amount for refund in refunds)
    failed = any(refund.amount == 0 for refund in refunds)       # then an earlier total counted what came to nothing
    payment.refunded = given if failed else max(given, payment.refunded_told)
    payment.lost = sum(dispute.amount for dispute in disputes if dispute.status == "lost")
    payment.status = _status(payment, disputes)
    in_home_money(payment)


def in_home_money(payment: Payment) -> None:
    """The amounts in the account's currency, at the day of the payment; None without a rate."""
    moment = payment.paid_at or payment.opened_at
    payment.account_amount = convert(payment.amount, payment.currency, moment)
    payment.account_net = convert(payment.net, payment.currency, moment)


def _dates(payment, attempts) -> None:
    failed = [attempt for attempt in attempts if attempt.outcome == "failed"]
    paid = next((attempt for attempt in attempts if attempt.outcome == "paid"), None)
    payment.attempts_count = len(attempts)
    payment.failed_at = failed[0].at if failed else None
    payment.paid_at = paid.at if paid else (payment.paid_at if payment.reached == "paid" else None)
    if payment.reached == "paid" and payment.paid_at is None:
        payment.paid_at = payment.reached_at or payment.opened_at      # known only through its refund or dispute
    if failed:
        payment.failure_code, payment.failure_message = failed[-1].code, failed[-1].message


def _status(payment, disputes) -> str:
    if payment.reached != "paid":
        return payment.reached
    if any(dispute.status in ("open", "lost") for dispute in disputes):
        return "disputed"
    if payment.refunded:
        return "refunded" if payment.refunded >= payment.amount > 0 else "partially_refunded"
    return "paid"


def copy_to_people(person_ids) -> None:
    """The copies of payments on people: sums in the account's currency, counts and dates. Test money is none."""
    sums = {row[0]: row[1:] for row in SUMS(people=list(person_ids))}
    for person in rows_of(Person, person_ids):
        spent, count, first, last = sums.get(person.id, (0, 0, None, None))
        person.total_spent, person.payments_count = int(spent), count
        person.first_payment_at, person.last_payment_at = first, last


def telling(payment, attempts, refunds, disputes):
    """Every fact about this payment as (kind, key, moment, amount, more data), keyed so that each is told once."""
    for number, attempt in enumerate((a for a in attempts if a.outcome == "failed"), 1):
        yield ("payment.failed", f"failed:{attempt.at.isoformat()}", attempt.at, payment.amount,
               {"failure_code": attempt.code, "attempts": number,
                "why": attempt.message or (attempt.code or "no reason given").replace("_", " ")})
    if payment.reached == "paid":
        yield ("payment.succeeded", "succeeded", payment.paid_at, payment.amount,
               {"recovered": payment.recovered, "kind": payment.kind, "reference": payment.reference})
    elif payment.reached in ("requires_action", "canceled", "pending") and payment.reached_at:
        name = {"requires_action": "payment.action_required"}.get(payment.reached, f"payment.{payment.reached}")
        yield name, payment.reached, payment.reached_at, payment.amount, {}
    for refund in (refund for refund in refunds if refund.amount):
        yield "payment.refunded", f"refund:{refund.external_id}", refund.at, refund.amount, {}
    if not refunds and payment.refunded:
        yield "payment.refunded", "refunded", payment.version, payment.refunded, {}
    for dispute in disputes:
        yield "payment.disputed", f"dispute:{dispute.external_id}", dispute.at, dispute.amount, {}
        if dispute.status in ("won", "lost"):
            yield ("payment.dispute_closed", f"closed:{dispute.external_id}", dispute.version, dispute.amount,
                   {"outcome": dispute.status})


def said(payment, amount, more: dict) -> dict:
    """The data that every event about a payment carries."""
    return {"amount": amount, "currency": payment.currency, "money": DRESS.money(amount, payment.currency),
            "plan": payment.plan.label if payment.plan else None, "payment": payment.public_id,
            "attempts": payment.attempts_count, **more}


def _tell(payment, attempts, refunds, disputes) -> None:
    if payment.test:
        return
    payment.told = dict(TOLD(person=payment.person_id).all())
    _name_refund(payment, [refund for refund in refunds if refund.amount])
    for name, key, at, amount, more in telling(payment, attempts, refunds, disputes):
        _say(payment, name, key, at, amount, more)


def _name_refund(payment, refunds) -> None:
    """A refund first known as a sum, told once: when it gets its id, what was told gets it too."""
    sum_, named = f"{payment.id}:refunded", f"{payment.id}:refund:{refunds[0].external_id}" if refunds else ""
    if named and sum_ in payment.told and named not in payment.told:
        db.session.execute(update(Event).where(Event.source == "payments", Event.key == sum_).values(key=named))
        payment.told[named] = payment.told.pop(sum_)


def _say(payment, name, key, at, amount, more) -> None:
    key = f"{payment.id}:{key}"
    if key in payment.told:
        if at is not None and payment.told[key] != at:      # an earlier report of the same thing came in later
            db.session.execute(update(Event).where(Event.source == "payments", Event.key == key).values(at=at))
        return
    record(name, payment.person_id, at=at, key=key, source="payments", **said(payment, amount, more))
