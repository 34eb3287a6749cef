"""What we hold about people and memberships that a source lists, field by field and in words."""
from sqlalchemy import func, select

from app.kit import money
from app.kit.clock import iso
from app.people import Identity, Person
from app.spine.db import db
from app.spine.facts import Held, MembershipFact, PersonFact, looks_up
from app.spine.prepared import rows_of

from .models import ACCESS, Membership

SURE = ("whop_member", "whop_user", "stripe", "email")
DETAILS = ("email", "name", "username", "phone", "country")
MOMENTS = ("started_at", "period_end", "trial_end", "canceled_at", "ended_at")


def open_memberships(source: str) -> int:
    return db.session.scalar(select(func.count()).select_from(Membership).where(
        Membership.source == source, Membership.status.in_(ACCESS)))


@looks_up(MembershipFact, open_memberships)
def held_memberships(facts: list[MembershipFact], source: str) -> list[Held | None]:
    names = {fact.external_id for fact in facts}
    rows = db.session.scalars(select(Membership).where(Membership.source == source, Membership.external_id.in_(names)))
    known = {row.external_id: row for row in rows}
    rows_of(Person, {row.person_id for row in known.values()})       # met in a moment, and so asked for once
    return [told(known[fact.external_id]) if fact.external_id in known else None for fact in facts]


def told(row: Membership) -> Held:
    price = f"{money.to_major(row.amount, row.currency)} {row.currency}"
    values = {"status": row.status, "plan": row.plan.label if row.plan else None, "price": price,
              "quantity": str(row.quantity), "discount": str(row.discount) if row.discount else None,
              "cancel_reason": row.cancel_reason}
    return Held("membership", row.public_id, row.person_id,
                {**values, **{name: iso(getattr(row, name)) for name in MOMENTS}})


@looks_up(PersonFact, lambda source: db.session.scalar(select(func.count()).select_from(Identity).where(
    Identity.source == source, Identity.kind.in_(("whop_user", "stripe")))))
def held_people(facts: list[PersonFact], source: str) -> list[Held | None]:
    named = [[(kind, value.strip().lower() if kind == "email" else value) for kind in SURE
              if (value := getattr(fact.who, kind))] for fact in facts]
    values = {value for pairs in named for _kind, value in pairs}
    rows = db.session.execute(select(Identity.kind, Identity.value, Identity.person_id).where(
        Identity.kind.in_(SURE), Identity.value.in_(values)))
    found = {(kind, value): person_id for kind, value, person_id in rows}
    known = {row.id: row for row in rows_of(Person, set(found.values()))}
    ids = [next((found[pair] for pair in pairs if pair in found), None) for pairs in named]
    return [shown(known[one]) if one in known else None for one in ids]


def shown(row: Person) -> Held:
    return Held("person", row.public_id, row.id, {
        **{name: getattr(row, name) for name in DETAILS}, "stage": row.stage, "joined_at": iso(row.joined_at)})
