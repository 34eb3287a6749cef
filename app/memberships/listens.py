"""What memberships absorb: each fact is one observation, and the membership is what all of them add up to."""
import hashlib
import json
from datetime import datetime

from sqlalchemy import select, update

from app.catalog import plan_for
from app.merging import Merge
from app.people import Person, meet
from app.spine.db import add_once, db, insert_once
from app.spine.events import hears
from app.spine.facts import MembershipFact, absorbs
from app.spine.prepared import Prepared, one
from app.spine.slots import fills

from . import holdings, imports  # noqa: F401 - registers what is held, and the kind of file
from .models import Membership, Observation
from .settle import copy_to_people, settle

MOMENTS = ("started_at", "period_start", "period_end", "trial_end", "canceled_at", "ended_at", "changed_at")
KNOWN = Prepared(lambda: select(Membership.id).where(
    Membership.source == one("source"), Membership.external_id == one("name")))
NEWEST = Prepared(lambda: select(Observation.version, Observation.said).where(
    Observation.membership_id == one("membership")).order_by(Observation.version.desc(), Observation.key.desc())
    .limit(1))
COLUMNS = ("status", "plan_id", "amount", "quantity", "discount", "currency")
PRICE = ("amount", "currency", "quantity", "discount")


@absorbs(MembershipFact)
def absorb_membership(fact: MembershipFact, source: str) -> str:
    """Keep what was said, then settle. A fact heard before changes nothing."""
    membership = _membership(fact, source)
    said = _said(fact, source)
    if fact.look and _nothing_new(membership, fact, said):
        return "known"
    key = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]
    made = insert_once(Observation, ("account_id", "membership_id", "version", "key"), membership_id=membership.id,
                       version=fact.version, key=key, said=said)
    if made is None:
        return "known"
    before = membership.status
    settle(membership)
    return f"membership {membership.status}" if membership.status != before else "membership updated"


def _nothing_new(membership: Membership, fact: MembershipFact, said: dict) -> bool:
    """A look that finds what was said last needs no second observation; columns that strayed from it are put right."""
    newest = next(iter(NEWEST(membership=membership.id).all()), None)
    if newest is None or fact.version < newest.version or _lasting(newest.said) != _lasting(said):
        return False
    if any(getattr(membership, name) != said[name] for name in COLUMNS if name in said):
        settle(membership)
    return True


def _lasting(said: dict) -> dict:
    """What was said without the moment of change, which only an event knows."""
    return {name: value for name, value in said.items() if name != "changed_at"}


def _membership(fact: MembershipFact, source: str) -> Membership:
    known = KNOWN(source=source, name=fact.external_id).scalar()
    if known is not None:
        membership = db.session.get(Membership, known)
        if fact.who:
            meet(fact.who, source)                 # a later fact may name them by one more id
        return membership
    person = meet(fact.who, source, at=fact.started_at or fact.version)
    made = add_once(Membership, ("account_id", "source", "external_id"), source=source, external_id=fact.external_id,
                    person_id=person.id, currency=fact.currency or "USD")
    return made or db.session.get(Membership, KNOWN(source=source, name=fact.external_id).scalar())


def _said(fact: MembershipFact, source: str) -> dict:
    """The fact as JSON, with the plan met; a partial fact says only its status and moments."""
    said = {"status": fact.status, "reason": fact.cancel_reason, "manage_url": fact.manage_url}
    said |= {name: getattr(fact, name).isoformat() for name in MOMENTS if getattr(fact, name)}
    plan = plan_for(fact.plan, source)
    if plan is not None:
        said |= {"plan_id": plan.id, "interval": fact.plan.interval or plan.interval,
                 "interval_count": fact.plan.interval_count if fact.plan.interval else plan.interval_count}
    if not fact.partial:
        said |= {name: getattr(fact, name) for name in PRICE}
        if fact.amount is None and plan is not None:
            said |= {"amount": plan.amount, "currency": fact.currency or plan.currency}
    return {name: value for name, value in said.items() if value is not None}


def moment(said: dict, name: str) -> datetime | None:
    return datetime.fromisoformat(said[name]) if said.get(name) else None


@fills("plan.renamed")
def renamed(plan) -> None:
    """The copies of a plan's name on the people who have it."""
    theirs = select(Membership.person_id).where(Membership.plan_id == plan.id)
    db.session.execute(update(Person).where(Person.plan_id == plan.external_id, Person.id.in_(theirs))
                       .values(plan_name=plan.label).execution_options(synchronize_session="fetch"))
@hears("person.merged", "person.unmerged")
def copy_again(event) -> None:
    """The copies of whoever has memberships now; the rows themselves were carried over."""
    merge = Merge.of(event)
    copy_to_people([merge.kept_id, merge.gone_id])
