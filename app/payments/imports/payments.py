"""`payments.csv`: payments as they were, several rows of one payment being its attempts. Starts no playbook."""
import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from app.connections import BadRow, Chunk, Row, imports
from app.kit import money
from app.people import Person, members
from app.spine.db import current_account_id, db
from app.spine.events import Event
from app.spine.slots import filled

from ..models import Attempt, Dispute, Payment, Refund
from ..models.payment import RANKS, Alias
from ..settle import copy_to_people, follow, said, telling
from .undoing import SHOWN

SOURCE = "import"
COLUMNS = ("payment_id", "member_id", "sub_id", "amount_minor", "refunded_minor", "currency", "status", "failure_code",
           "at")
STATUSES = ("paid", "failed", "refunded", "disputed")


@dataclass(frozen=True)
class Told:
    """One row, understood."""
    payment_id: str
    member_id: str
    sub_id: str | None
    amount: int
    refunded: int
    currency: str
    status: str
    code: str | None
    at: datetime


@dataclass
class Parts:
    """What is known of one payment while the chunk is taken in."""
    payment: Payment
    attempts: list = field(default_factory=list)
    refunds: list = field(default_factory=list)
    disputes: list = field(default_factory=list)
    changed: bool = False


@imports("payments", needs=("payment_id", "member_id", "amount_minor", "currency", "status", "at"), columns=COLUMNS,
         label="Payments", shown=SHOWN, alike=lambda row: [row.cells.get("payment_id")])
def payments(chunk: Chunk) -> None:
    """Learn what each row adds to its payment; then let sums, people, the timeline and the books follow."""
    rows = list(_readable(chunk))
    people = members((one.member_id for one in rows), chunk)
    held = _known({one.payment_id for one in rows})
    _watch(chunk, held)
    for one in rows:
        parts, new = held.get(one.payment_id), False
        if parts is None:
            parts, new = Parts(_open(one, people[one.member_id])), True
            held[one.payment_id] = parts
        changed = _learn(parts, one)
        chunk.count("created" if new else "updated" if changed else "unchanged")
        parts.changed = parts.changed or new or changed
    _settle([parts for parts in held.values() if parts.changed], chunk)


def _watch(chunk: Chunk, held: dict) -> None:
    """Payments a connection or another file told of may learn more."""
    ids = [parts.payment.id for parts in held.values()]
    chunk.watch(Payment, ids)
    chunk.watch(Person, {parts.payment.person_id for parts in held.values()})
    chunk.expect(Attempt, "payment_id", ids)
    chunk.expect(Dispute, "payment_id", ids)


def _readable(chunk: Chunk):
    for row in chunk.rows:
        try:
            yield _read(row)
        except (BadRow, money.BadMoney) as error:
            chunk.bad(row, error)


def _read(row: Row) -> Told:
    amount, status = row.whole("amount_minor", needed=True), row.choice("status", STATUSES, needed=True)
    refunded = row.whole("refunded_minor") or 0
    if refunded > amount:
        raise BadRow(f"refunded_minor: {refunded} is more than was paid")
    if status == "refunded" and not refunded:
        refunded = amount
    return Told(row.text("payment_id", needed=True), row.text("member_id", needed=True), row.text("sub_id"), amount,
                refunded, money.currency(row.text("currency", needed=True)), status, row.text("failure_code"),
                row.moment("at", needed=True))


def _known(names) -> dict[str, Parts]:
    """payment_id -> parts, a payment that a connection knows by the same id included."""
    owners = dict(db.session.execute(select(Alias.value, Alias.payment_id).where(
        Alias.value.in_(names)).order_by(Alias.payment_id.desc())).tuples().all())
    rows = {row.id: Parts(row) for row in db.session.scalars(select(Payment).where(
        Payment.id.in_(set(owners.values()))))}
    for model, name in ((Attempt, "attempts"), (Refund, "refunds"), (Dispute, "disputes")):
        for part in db.session.scalars(select(model).where(model.payment_id.in_(list(rows)))):
            getattr(rows[part.payment_id], name).append(part)
    return {name: rows[payment_id] for name, payment_id in owners.items()}


def _open(one: Told, person_id: int) -> Payment:
    payment = Payment(person_id=person_id, source=SOURCE, external_id=one.payment_id, membership_ref=one.sub_id,
                      status="pending", reached="pending", amount=one.amount, refunded=0, refunded_told=0, lost=0,
                      currency=one.currency, attempts_count=0, opened_at=one.at, version=one.at, test=False)
    db.session.add(payment)
    return payment


def _learn(parts: Parts, one: Told) -> bool:
    """Take in one row; True when it was news."""
    payment, outcome = parts.payment, "failed" if one.status == "failed" else "paid"
    before = (payment.reached, payment.amount, payment.refunded_told, payment.opened_at, payment.membership_ref)
    news = _attempt(parts, outcome, one)
    if RANKS[outcome] > RANKS[payment.reached]:
        payment.reached, payment.reached_at = outcome, one.at
    if payment.version is None or one.at >= payment.version:
        payment.amount, payment.version = one.amount, one.at
    payment.membership_ref = payment.membership_ref or one.sub_id
    payment.opened_at = min(payment.opened_at, one.at)
    payment.refunded_told = max(payment.refunded_told, one.refunded)
    if one.status == "disputed" and not parts.disputes:
        parts.disputes.append(Dispute(source=SOURCE, external_id=one.payment_id, at=one.at, version=one.at,
                                      status="open", amount=one.amount))
        news = True
    return news or before != (payment.reached, payment.amount, payment.refunded_told, payment.opened_at,
                              payment.membership_ref)


def _attempt(parts: Parts, outcome: str, one: Told) -> bool:
    """One failure a moment, one success in all, as when facts are absorbed."""
    same = [part for part in parts.attempts if part.outcome == outcome and (outcome == "paid" or part.at == one.at)]
    if not same:
        parts.attempts.append(Attempt(at=one.at, outcome=outcome, code=one.code))
        return True
    if one.at < same[0].at:
        same[0].at = one.at
        return True
    return False


def _settle(changed: list[Parts], chunk: Chunk) -> None:
    if not changed:
        return
    db.session.flush()
    known = chunk.notes.before.get(Payment, {}) if chunk.notes else {}
    chunk.made(Payment, [parts.payment.id for parts in changed if parts.payment.id not in known])
    for parts in changed:
        for part in (*parts.attempts, *parts.disputes):
            if part.payment_id is None:
                part.payment_id = parts.payment.id
                db.session.add(part)
        parts.attempts.sort(key=lambda one: one.at)
        follow(parts.payment, parts.attempts, parts.refunds, parts.disputes)
    db.session.flush()
    _name([parts.payment for parts in changed])
    _write_down(changed, chunk)
    people = {parts.payment.person_id for parts in changed}
    copy_to_people(people)
    for keep, _traits in filled("books.imported"):
        keep(people)


def _name(rows: list[Payment]) -> None:
    """Know each by the id in the file, so that the next file and a connection find it."""
    held = set(db.session.scalars(select(Alias.payment_id).where(Alias.payment_id.in_([row.id for row in rows]))))
    new = [{"account_id": current_account_id(), "payment_id": row.id, "source": row.source, "value": row.external_id}
           for row in rows if row.id not in held]
    if new:
        db.session.execute(insert(Alias), new)


def _write_down(changed: list[Parts], chunk: Chunk) -> None:
    """The timeline: events that nobody hears, since they are long past."""
    wanted = {}
    for parts in changed:
        payment = parts.payment
        for name, key, at, amount, more in telling(payment, parts.attempts, parts.refunds, parts.disputes):
            wanted[f"{payment.id}:{key}"] = {
                "account_id": current_account_id(), "kind": name, "person_id": payment.person_id, "at": at,
                "data": said(payment, amount, more), "source": "payments", "key": f"{payment.id}:{key}", "depth": 0,
                "public_id": f"{Event.PREFIX}_{secrets.token_hex(10)}"}
    held = defaultdict(bool)
    for key in db.session.scalars(select(Event.key).where(Event.source == "payments", Event.key.in_(list(wanted)))):
        held[key] = True
    new = [row for key, row in wanted.items() if not held[key]]
    if new:
        db.session.execute(insert(Event), new)
        if chunk.notes:
            keys = [row["key"] for row in new]
            chunk.made(Event, db.session.scalars(select(Event.id).where(
                Event.source == "payments", Event.key.in_(keys))))
