"""`memberships.csv`: segments as they were, given rather than derived (`metrics.md` section 1). Starts no playbook."""
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from app.catalog import INTERVALS, Plan, plan_for
from app.connections import BadRow, Chunk, Row, imports
from app.kit import money
from app.kit.clock import now
from app.people import Person, members
from app.spine.db import current_account_id, db, token
from app.spine.facts import PlanRef
from app.spine.slots import filled

from ..models import STATUSES, Membership, MembershipSegment
from ..settle import copy_to_people
from .undoing import SHOWN

SOURCE, LARGEST = "import", 2_147_483_647
COLUMNS = ("sub_id", "seq", "version", "member_id", "plan_id", "interval", "interval_count", "amount_minor", "quantity",
           "recurring_discount_minor", "currency", "status", "start", "end")
SAID = ("status", "interval", "interval_count", "amount", "quantity", "discount", "currency", "starts_at", "ends_at",
        "plan_id")


@dataclass
class Stretch:
    """One row, understood."""
    row: Row
    sub_id: str
    member_id: str
    plan: str | None
    seq: int
    version: int
    values: dict


@imports("memberships", needs=("sub_id", "member_id", "amount_minor", "currency", "status", "start"), columns=COLUMNS,
         label="Memberships", shown=SHOWN, alike=lambda row: [row.cells.get("sub_id")])
def memberships(chunk: Chunk) -> None:
    """Keep each segment under (sub_id, seq, version); then bring memberships, people and books in line."""
    rows = list(_readable(chunk))
    people = members((one.member_id for one in rows), chunk)
    plans = _plans(rows, chunk)
    held = _memberships(rows, people, chunk)
    known = {(one.membership_id, one.seq, one.version): one for one in db.session.scalars(
        select(MembershipSegment).where(MembershipSegment.membership_id.in_([one.id for one in held.values()]),
                                        MembershipSegment.given))}
    chunk.watch(MembershipSegment, [segment.id for segment in known.values()])
    changed = set()
    for one in rows:
        membership = held[one.sub_id]
        values = {**one.values, "plan_id": plans.get(one.plan)}
        outcome = _keep(known, membership, one, values)
        chunk.count(outcome)
        if outcome != "unchanged":
            changed.add(membership.id)
    if changed:
        _settle(changed)


def _readable(chunk: Chunk):
    for row in chunk.rows:
        try:
            yield _read(row)
        except (BadRow, money.BadMoney) as error:
            chunk.bad(row, error)


def _read(row: Row) -> Stretch:
    values = {"status": row.choice("status", STATUSES, needed=True),
              "interval": row.choice("interval", INTERVALS) or "month",
              "interval_count": _number(row, "interval_count", 1, 1), "amount": row.whole("amount_minor", needed=True),
              "quantity": _number(row, "quantity", 1, 0), "discount": row.whole("recurring_discount_minor") or 0,
              "currency": money.currency(row.text("currency", needed=True)),
              "starts_at": row.moment("start", needed=True), "ends_at": row.moment("end")}
    return Stretch(row, row.text("sub_id", needed=True), row.text("member_id", needed=True), row.text("plan_id"),
                   _number(row, "seq", 0, 0), _number(row, "version", 1, 0), values)


def _number(row: Row, column: str, usual: int, least: int) -> int:
    number = row.whole(column, least=least)
    if number is not None and number > LARGEST:
        raise BadRow(f"{column}: {number} is out of range")
    return usual if number is None else number


def _plans(rows: list[Stretch], chunk: Chunk) -> dict[str, int]:
    """The file's plan ids -> our plans, met once a file."""
    plans = chunk.memory.setdefault("plans", {})
    unmet = {one.plan for one in rows if one.plan and one.plan not in plans}
    held = set(db.session.scalars(select(Plan.id).where(Plan.external_id.in_(unmet)))) if unmet else set()
    for one in rows:
        if one.plan and one.plan not in plans:
            values = one.values
            plan = plan_for(PlanRef(one.plan, amount=values["amount"], currency=values["currency"],
                                    interval=values["interval"], interval_count=values["interval_count"]), SOURCE)
            db.session.flush()
            plans[one.plan] = plan.id
    chunk.made(Plan, {plans[name] for name in unmet} - held)
    return plans


def _memberships(rows: list[Stretch], people: dict, chunk: Chunk) -> dict[str, Membership]:
    """sub_id -> membership, one that a connection knows by the same id included; made where there is none."""
    wanted = {one.sub_id: one for one in rows}
    held = _known(wanted)
    known = [one.id for one in held.values()]
    chunk.watch(Membership, known)
    chunk.watch(Person, {one.person_id for one in held.values()})
    chunk.expect(MembershipSegment, "membership_id", known)
    new = [one for sub_id, one in wanted.items() if sub_id not in held]
    if not new:
        return held
    account_id, stamp = current_account_id(), now()
    db.session.execute(insert(Membership), [{
        "account_id": account_id, "public_id": f"{Membership.PREFIX}_{token()}", "created_at": stamp, "source": SOURCE,
        "external_id": one.sub_id, "person_id": people[one.member_id], "status": "incomplete", "amount": 0,
        "quantity": 1, "discount": 0, "interval_count": 1, "currency": one.values["currency"]} for one in new])
    made = _known([one.sub_id for one in new])
    chunk.made(Membership, [one.id for one in made.values()])
    chunk.expect(MembershipSegment, "membership_id", [one.id for one in made.values()])
    return {**held, **made}


def _known(sub_ids) -> dict[str, Membership]:
    rows = db.session.scalars(select(Membership).where(Membership.external_id.in_(list(sub_ids))).order_by(
        Membership.id.desc()))
    return {row.external_id: row for row in rows}


def _keep(known: dict, membership: Membership, one: Stretch, values: dict) -> str:
    key = (membership.id, one.seq, one.version)
    segment = known.get(key)
    if segment is None:
        if not any(held[0] == membership.id for held in known):
            _forget_derived(membership)
        known[key] = MembershipSegment(membership_id=membership.id, person_id=membership.person_id, seq=one.seq,
                                       version=one.version, given=True, **values)
        db.session.add(known[key])
        return "created"
    if all(getattr(segment, name) == values[name] for name in SAID):
        return "unchanged"
    for name in SAID:
        setattr(segment, name, values[name])
    return "updated"


def _forget_derived(membership: Membership) -> None:
    """What was concluded from observations gives way to what is given."""
    if membership.source != SOURCE:
        db.session.execute(delete(MembershipSegment).where(
            MembershipSegment.membership_id == membership.id, MembershipSegment.given.is_(False))
            .execution_options(synchronize_session=False))


def _settle(membership_ids) -> None:
    """The columns of memberships that follow from their given segments, then their people's copies and books."""
    db.session.flush()
    stretches = defaultdict(dict)
    for segment in db.session.scalars(select(MembershipSegment).where(
            MembershipSegment.membership_id.in_(membership_ids)).order_by(MembershipSegment.version)):
        stretches[segment.membership_id][segment.seq] = segment          # the highest version comes last
    rows = db.session.scalars(select(Membership).where(Membership.id.in_(membership_ids))).all()
    moment = now()
    for membership in rows:
        told = [one for one in stretches[membership.id].values() if one.ends_at is None or one.ends_at > one.starts_at]
        if told:
            _columns(membership, sorted(told, key=lambda one: (one.starts_at, one.seq)), moment)
    db.session.flush()
    people = {membership.person_id for membership in rows}
    copy_to_people(people)
    for keep, _traits in filled("books.imported"):
        keep(people)


def _columns(membership: Membership, told: list[MembershipSegment], moment: datetime) -> None:
    """As the last segment that has begun says; ended when it has ended and nothing follows."""
    begun = [one for one in told if one.starts_at <= moment] or told[:1]
    last, ends = begun[-1], begun[-1].ends_at
    over = ends is not None and ends <= moment
    for name in ("plan_id", "interval", "interval_count", "amount", "quantity", "discount", "currency"):
        setattr(membership, name, getattr(last, name))
    membership.status = "canceled" if over and last.status not in ("canceled", "expired") else last.status
    membership.started_at = told[0].starts_at
    membership.ended_at = membership.canceled_at = ends if over else None
    membership.period_end = ends if not over and last.status == "canceling" else None
    membership.trial_end = ends if last.status == "trialing" else None
