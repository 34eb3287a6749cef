"""What payments absorb. Facts of one payment may come in any order, twice, and under several ids of its source.

The state is a maximum over what was learnt (paid outranks failed; refunds are a sum over refund ids or the largest
total a source named), so that every order of arrival ends in the same books.
"""
from datetime import timedelta

from sqlalchemy import select, update

from app.catalog import plan_for
from app.kit.clock import now
from app.merging import Merge
from app.people import meet
from app.spine.db import add_once, db, insert_once
from app.spine.events import Event, hears
from app.spine.facts import PaymentFact, absorbs
from app.spine.prepared import Prepared, many, one

from . import holdings, imports  # noqa: F401 - registers the kinds of files
from .models import Attempt, Dispute, Payment, Refund
from .models.payment import RANKS, Alias
from .settle import copy_to_people, parts, settle

OWNERS = Prepared(lambda: select(Alias.value, Alias.payment_id).where(
    Alias.source == one("source"), Alias.value.in_(many("names"))))
SECOND, NEAR, MINUTE = timedelta(seconds=1), timedelta(seconds=5), timedelta(minutes=1)
OVERLAYS = {"refunded": "paid", "partially_refunded": "paid", "disputed": "paid"}


@absorbs(PaymentFact)
def absorb_payment(fact: PaymentFact, source: str) -> str:
    """Find or open the payment, learn what the fact adds, and let the rest follow."""
    if fact.look and _as_known(fact, source):
        return "nothing new"
    payment = _payment(fact, source)
    before, reached = payment.status, OVERLAYS.get(fact.status, fact.status)
    with db.session.no_autoflush:            # what follows is written once, by settle
        _learn(payment, fact, source)
        if reached in ("paid", "failed") and not fact.refund_id and not fact.dispute_id:
            _attempt(payment, reached, fact)
        _reach(payment, reached, fact)
        _money_back(payment, fact, source)
        settle(payment)
    return f"payment {payment.status}" if payment.status != before else "nothing new"


def _as_known(fact: PaymentFact, source: str) -> bool:
    """A look that finds the very state we know: the same version, and columns that agree with it."""
    if fact.refund_id or fact.dispute_id:
        return False
    known = {row.payment_id for row in OWNERS(source=source, names=[fact.external_id]).all()}
    payment = db.session.get(Payment, known.pop()) if known else None
    return payment is not None and (payment.version, payment.status, payment.amount) == (
        fact.version, fact.status, fact.amount)


def _payment(fact: PaymentFact, source: str) -> Payment:
    """The payment any of the fact's ids names; several are one from now on. Made when none is known."""
    names = {fact.external_id, *fact.aliases}
    held = dict(OWNERS(source=source, names=sorted(names)).all())
    known = sorted(set(held.values()))
    if not known:
        person = meet(fact.who, source)
        made = add_once(Payment, ("account_id", "source", "external_id"), source=source, person_id=person.id,
                        external_id=fact.external_id, opened_at=fact.at, currency=fact.currency or "USD",
                        test=fact.test)
        known = [made.id if made else db.session.scalar(select(Payment.id).where(
            Payment.source == source, Payment.external_id == fact.external_id))]
    elif fact.who:
        meet(fact.who, source)             # a later fact may name them by one more id
    payment = db.session.get(Payment, known[0])
    for other in known[1:]:
        _unite(payment, db.session.get(Payment, other))
    for name in names - held.keys():
        insert_once(Alias, ("account_id", "source", "value"), payment_id=payment.id, source=source, value=name)
    return payment


def _unite(payment: Payment, other: Payment) -> None:
    """Two rows turned out to be one payment: the older takes over what the younger knew."""
    for model in (Alias, Refund, Dispute):
        db.session.execute(update(model).where(model.payment_id == other.id).values(payment_id=payment.id)
                           .execution_options(synchronize_session=False))
    for attempt in db.session.scalars(select(Attempt).where(Attempt.payment_id == other.id)).all():
        insert_once(Attempt, ("account_id", "payment_id", "outcome", "at"), payment_id=payment.id, at=attempt.at,
                    outcome=attempt.outcome, code=attempt.code, message=attempt.message)
    for event in db.session.scalars(select(Event).where(Event.source == "payments", Event.person_id == other.person_id,
                                                        Event.key.startswith(f"{other.id}:"))):
        db.session.delete(event)
    for name in ("membership_ref", "plan_id", "kind", "reference", "card", "recovery_url"):
        if getattr(payment, name) is None:
            setattr(payment, name, getattr(other, name))
    if RANKS[other.reached] > RANKS[payment.reached]:
        payment.reached, payment.reached_at = other.reached, other.reached_at
    payment.amount, payment.opened_at = payment.amount or other.amount, min(payment.opened_at, other.opened_at)
    payment.refunded_told = max(payment.refunded_told, other.refunded_told)
    db.session.expire(other, ["attempts", "refunds", "disputes"])
    db.session.delete(other)
    db.session.flush()
    db.session.expire(payment, ["attempts", "refunds", "disputes"])


def _learn(payment: Payment, fact: PaymentFact, source: str) -> None:
    """Newer facts replace what they name, older ones only fill gaps."""
    newer = payment.version is None or fact.version >= payment.version
    said = {"membership_ref": fact.membership_id, "kind": fact.reason, "reference": fact.reference,
            "recovery_url": fact.recovery_url,
            "card": " ".join(filter(None, (fact.card_brand, fact.card_last4))) or None}
    if not fact.refund_id and not fact.dispute_id:
        said |= {"amount": fact.amount, "currency": fact.currency and fact.currency.upper()}
    plan = plan_for(fact.plan, source)
    said["plan_id"] = plan.id if plan else None
    for name, value in said.items():
        if value is not None and (newer or getattr(payment, name) in (None, 0)):
            setattr(payment, name, value)
    if newer:
        payment.version, payment.next_attempt_at = fact.version, fact.next_attempt_at
    payment.opened_at = min(payment.opened_at, fact.at)
    payment.test = payment.test or fact.test


def _attempt(payment: Payment, outcome: str, fact: PaymentFact) -> None:
    """One failure a moment; one success in all, whichever of the source's objects reports it first or last."""
    held = [one for one in parts(Attempt, payment) if one.outcome == outcome]
    if outcome == "paid" and held:
        if not (fact.look and held[0].at - fact.at < MINUTE):
            held[0].at = min(held[0].at, fact.at)
        return
    same = next((one for one in held if abs(one.at - fact.at) <= (NEAR if fact.look else SECOND)), None)
    if same is not None:                     # the charge, its intent and its invoice tell of one try
        same.code, same.message = same.code or fact.failure_code, same.message or fact.failure_message
        return
    if fact.look and fact.attempts is not None and outcome == "failed" and len(held) >= fact.attempts:
        return
    add_once(Attempt, ("account_id", "payment_id", "outcome", "at"), payment_id=payment.id, at=fact.at,
             outcome=outcome, code=fact.failure_code, message=fact.failure_message)


def _reach(payment: Payment, reached: str, fact: PaymentFact) -> None:
    rank, held = RANKS[reached], RANKS[payment.reached]
    later = payment.reached_at is None or fact.version > payment.reached_at
    if rank > held or (rank == held and later):
        payment.reached, payment.reached_at = reached, fact.version


def _refund(payment: Payment, fact: PaymentFact, source: str) -> None:
    """One refund; the newest word about it counts, so that one that failed later gives the money back."""
    refund = db.session.scalar(select(Refund).where(Refund.source == source, Refund.external_id == fact.refund_id))
    if refund is None:
        refund = Refund(payment_id=payment.id, source=source, external_id=fact.refund_id, amount=0, at=fact.at)
        db.session.add(refund)
    if refund.version is None or fact.version >= refund.version:
        refund.version, refund.amount = fact.version, fact.refund_amount or 0
    refund.at = min(refund.at, fact.at)


def _money_back(payment: Payment, fact: PaymentFact, source: str) -> None:
    if fact.refund_id:
        _refund(payment, fact, source)
    if fact.refunded is not None:
        payment.refunded_told = max(payment.refunded_told, fact.refunded)
    if fact.dispute_id:
        dispute = db.session.scalar(select(Dispute).where(
            Dispute.source == source, Dispute.external_id == fact.dispute_id))
        if dispute is None:
            dispute = Dispute(payment_id=payment.id, source=source, external_id=fact.dispute_id, at=fact.at,
                              version=fact.version, status=fact.dispute_status or "open", created_at=now(),
                              amount=fact.dispute_amount or payment.amount)
            db.session.add(dispute)
        elif fact.look and (fact.dispute_status, fact.dispute_amount) == (dispute.status, dispute.amount):
            pass                             # as it was, and no reason to call it decided today
        elif fact.version > dispute.version:
            dispute.version, dispute.status = fact.version, fact.dispute_status or dispute.status
            dispute.amount = fact.dispute_amount or dispute.amount
        dispute.at = min(dispute.at, fact.at)
    if db.session.new:
        db.session.flush()


@hears("person.merged", "person.unmerged")
def copy_again(event) -> None:
    """The copies of whoever has payments now; totals that were only ever told stay as they are."""
    merge = Merge.of(event)
    pair = (merge.kept_id, merge.gone_id)
    copy_to_people(db.session.scalars(select(Payment.person_id).where(Payment.person_id.in_(pair)).distinct()).all())
