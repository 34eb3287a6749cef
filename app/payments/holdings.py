"""What we hold about payments that a source lists, field by field and in words."""
from sqlalchemy import func, select

from app.kit import money
from app.kit.clock import iso
from app.people import Person
from app.spine.db import db
from app.spine.facts import Held, PaymentFact, looks_up
from app.spine.prepared import rows_of

from .models import Payment
from .models.payment import Alias

OPEN = ("pending", "requires_action", "failed")


def open_payments(source: str) -> int:
    return db.session.scalar(select(func.count()).select_from(Payment).where(
        Payment.source == source, Payment.status.in_(OPEN)))


@looks_up(PaymentFact, open_payments)
def held_payments(facts: list[PaymentFact], source: str) -> list[Held | None]:
    names = {name for fact in facts for name in (fact.external_id, *fact.aliases)}
    owners = dict(db.session.execute(select(Alias.value, Alias.payment_id).where(
        Alias.source == source, Alias.value.in_(names))).all())
    known = {row.id: row for row in rows_of(Payment, set(owners.values()))}
    rows_of(Person, {row.person_id for row in known.values()})       # met in a moment, and so asked for once
    ids = [next((owners[name] for name in (fact.external_id, *fact.aliases) if name in owners), None) for fact in facts]
    return [told(known[one]) if one in known else None for one in ids]


def told(row: Payment) -> Held:
    def words(amount):
        return f"{money.to_major(amount, row.currency)} {row.currency}" if amount else None
    return Held("payment", row.public_id, row.person_id, {
        "status": row.status, "amount": words(row.amount), "refunded": words(row.refunded), "lost": words(row.lost),
        "failure_code": row.failure_code, "paid_at": iso(row.paid_at), "next_attempt_at": iso(row.next_attempt_at)})
