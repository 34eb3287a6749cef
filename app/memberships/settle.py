"""From observations to a membership: its columns, its segments, the person's copies and what is told.

Observations are read in order of version; each inherits what it does not say from the one before. Nothing here
depends on the order in which they arrived.
"""
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from sqlalchemy import delete, select, update

from app.catalog import Plan
from app.people import Person
from app.spine.db import db
from app.spine.events import Event, record
from app.spine.prepared import Prepared, many, rows_of
from app.spine.prepared import one as of
from app.spine.slots import filled

from .models import ACCESS, Membership, MembershipSegment, Observation

SHAPE = ("status", "plan_id", "interval", "interval_count", "amount", "quantity", "discount", "currency")
DRAWN = ("seq", "plan_id", "status", "interval", "interval_count", "amount", "quantity", "discount", "currency",
         "starts_at", "ends_at")
OBSERVED = Prepared(lambda: select(Observation.version, Observation.said).where(
    Observation.membership_id == of("membership")).order_by(Observation.version, Observation.key))
SEGMENTS = Prepared(lambda: select(MembershipSegment.id).where(
    MembershipSegment.membership_id == of("membership")).order_by(MembershipSegment.seq))
THEIRS = Prepared(lambda: select(Membership.id).where(Membership.person_id.in_(many("people"))))
TOLD = Prepared(lambda: select(Event.key, Event.at).where(
    Event.source == "memberships", Event.person_id == of("person")))
ENDED = ("canceled", "expired")
AFTERWARDS = ("changed_at", "canceled_at", "ended_at", "reason")
BEGINNINGS = ("active", "trialing", "completed", "canceling", "past_due", "paused")


@dataclass
class State:
    """What a membership was from `at` on."""
    at: datetime
    said: dict
    until: datetime | None = None
    changes: dict = field(default_factory=dict)

    def __getitem__(self, name):
        return self.said.get(name)

    @property
    def shape(self) -> tuple:
        return tuple(self.said.get(name) for name in SHAPE)


def settle(membership: Membership) -> None:
    """Bring everything that follows from the observations up to date, and say what has become true."""
    states = history(OBSERVED(membership=membership.id).all())
    if not states:
        return
    _columns(membership, states)
    moved = _segments(membership, states)
    copy_to_person(membership.person_id)
    if moved:
        tell(membership, states)
        settled(membership)


def settled(membership: Membership) -> None:
    """Let those who keep books of memberships know that this one changed; part of the transaction."""
    for keep, _traits in filled("memberships.settled"):
        keep(membership)


def history(rows: list[tuple[datetime, dict]]) -> list[State]:
    """Fold observations into consecutive different states; a state begins when the source says it took effect."""
    states: list[State] = []
    carried: dict = {}
    first_price = next((said for _, said in rows if "amount" in said), {})
    for version, said in rows:
        base = {key: value for key, value in carried.items() if key not in ("changed_at",)}
        carried = {**{k: v for k, v in first_price.items() if k in SHAPE and k != "status"}, **base, **said}
        at = _effect(carried, said, version, states)
        state = State(at, dict(carried))
        if states and states[-1].shape == state.shape:
            states[-1].said = state.said
        elif states and states[-1].at >= at:
            states[-1] = State(states[-1].at, state.said)      # two changes of one instant: the later word stands
        else:
            states.append(state)
    states = [*_before(states[0]), *states] if states else states
    for state, following in pairwise(states):
        state.until = following.at
    if states and states[-1]["status"] == "completed":
        states[-1].until = None
    return states


def _before(first: State) -> list[State]:
    """What was there before we first heard of it: nobody is past due, cancelling or gone who was not active before."""
    began = datetime.fromisoformat(first["started_at"]) if first["started_at"] else None
    if began is None or first["status"] in ("incomplete", "trialing") or began >= first.at:
        return []
    said = {name: value for name, value in first.said.items() if name not in AFTERWARDS}
    trial = min(datetime.fromisoformat(first["trial_end"]), first.at) if first["trial_end"] else began
    parts = [("trialing", began, trial), ("active", max(began, trial), first.at)]
    return [State(start, {**said, "status": status}) for status, start, end in parts if start < end]


def _effect(carried: dict, said: dict, version: datetime, states: list[State]) -> datetime:
    """When a state took effect: the source's word, else the fitting date, else the time of the observation."""
    def when(name):
        return datetime.fromisoformat(carried[name]) if carried.get(name) else None
    if "changed_at" in said:
        at = datetime.fromisoformat(said["changed_at"])
    elif said["status"] in ENDED:
        at = when("ended_at") or version
    elif not states:
        at = when("started_at") or version
    else:
        at = version
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _columns(membership: Membership, states: list[State]) -> None:
    last = states[-1]
    for name in ("status", "plan_id", "interval", "currency"):
        if last[name] is not None:
            setattr(membership, name, last[name])
    for name in ("amount", "quantity", "discount", "interval_count"):
        setattr(membership, name, last[name] if last[name] is not None else getattr(membership, name) or 0)
    for name in ("started_at", "period_end", "trial_end", "canceled_at", "ended_at"):
        setattr(membership, name, datetime.fromisoformat(last[name]) if last[name] else None)
    membership.started_at = membership.started_at or states[0].at
    if last["status"] in ENDED:
        membership.ended_at = last.at
        membership.canceled_at = membership.canceled_at or last.at
    membership.cancel_reason = last["reason"] if last["status"] in (*ENDED, "canceling") else None
    membership.manage_url = last["manage_url"]


def _segments(membership: Membership, states: list[State]) -> bool:
    """Replace the derived segments as a whole, when they differ; imported ones stay and win. Whether they differed."""
    mine = MembershipSegment.membership_id == membership.id
    held = rows_of(MembershipSegment, SEGMENTS(membership=membership.id).scalars())
    if any(one.given for one in held):
        return False
    wanted = [_drawn(membership, number, state) for number, state in enumerate(states)]
    drawn = [traits for traits in wanted if traits]
    same = [{name: getattr(one, name) for name in DRAWN} for one in held] == drawn
    if same and held and not any(state["status"] in ENDED for state in states):
        return False
    if held:
        db.session.execute(delete(MembershipSegment).where(mine).execution_options(synchronize_session=False))
    for one in held:
        db.session.expunge(one)
    for traits in drawn:
        db.session.add(MembershipSegment(membership_id=membership.id, person_id=membership.person_id, version=1,
                                         given=False, **traits))
    db.session.flush()
    return True


def _drawn(membership: Membership, number: int, state: State) -> dict | None:
    """One state as the columns of its segment; None when it is no stretch of time."""
    if state["status"] in ENDED or (state.until and state.until <= state.at):
        return None
    values = (number, state["plan_id"], state["status"], state["interval"] or "month", state["interval_count"] or 1,
              state["amount"] or 0, state["quantity"] or 1, state["discount"] or 0,
              (state["currency"] or membership.currency).upper(), state.at, state.until)
    return dict(zip(DRAWN, values, strict=True))


def copy_to_person(person_id: int) -> None:
    """The copies of memberships on one person."""
    copy_to_people([person_id])


def copy_to_people(person_ids) -> None:
    """The copies of memberships on these people, a statement for all: the best one decides status, plan and stage."""
    held: dict[int, list[Membership]] = {}
    for one in rows_of(Membership, THEIRS(people=list(person_ids)).scalars()):
        held.setdefault(one.person_id, []).append(one)
    plans = {plan.id: plan for plan in rows_of(
        Plan, {one.plan_id for some in held.values() for one in some if one.plan_id})}
    for person in rows_of(Person, held):
        _copy(person, held[person.id], plans)


RANKS = {status: rank for rank, status in enumerate((*ACCESS, "unpaid", "canceled", "expired", "incomplete"))}


def _copy(person: Person, held: list[Membership], plans: dict) -> None:
    best = min(held, key=lambda one: (RANKS.get(one.status, 99), -(one.amount or 0), one.id))
    plan = plans.get(best.plan_id)
    person.membership_status = best.status
    person.plan_id, person.plan_name = (plan.external_id, plan.label) if plan else (None, None)
    person.product_id = plan.product.external_id if plan and plan.product else None
    began = [one.started_at for one in held if one.started_at and one.status != "incomplete"]
    person.joined_at = min(began) if began else person.joined_at
    person.canceled_at = best.canceled_at if best.status in (*ENDED, "canceling", "unpaid") else None
    person.cancel_reason = best.cancel_reason
    person.renews_at = best.period_end if best.status in ("active", "trialing", "past_due") else None
    if best.status in ACCESS:
        person.stage = "member"
    elif any(one.status != "incomplete" for one in held):
        person.stage = "former"


def tell(membership: Membership, states: list[State]) -> None:
    """The history as events. The n-th of a kind keeps its key, so a late arrival moves its date instead of doubling."""
    counts: dict[str, int] = {}
    told = {key: at for key, at in TOLD(person=membership.person_id) if key.startswith(f"{membership.id}:")}
    previous = None
    for state in states:
        for name, more in _turns(previous, state):
            counts[name] = counts.get(name, 0) + 1
            key = f"{membership.id}:{name}:{counts[name]}"
            if key not in told:
                _say(membership, name, key, state, previous, **more)
            elif told[key] != state.at:
                db.session.execute(update(Event).where(Event.source == "memberships", Event.key == key)
                                   .values(at=state.at).execution_options(synchronize_session=False))
        previous = state
    keys = {f"{membership.id}:{name}:{n}" for name, last in counts.items() for n in range(1, last + 1)}
    for stale in set(told) - keys:               # said on a history that turned out to be incomplete
        for event in db.session.scalars(select(Event).where(Event.source == "memberships", Event.key == stale,
                                                            Event.kind != "membership.trial_ending")):
            db.session.delete(event)


def _turns(previous: State | None, state: State):
    """What a change of state means, as (event kind, more data)."""
    was, now = (previous["status"] if previous else None), state["status"]
    alive = was in BEGINNINGS
    if now == was:
        if alive and previous["plan_id"] != state["plan_id"]:
            yield "membership.plan_changed", {"direction": _direction(previous, state)}
        return
    if now in ("active", "completed"):
        if was == "canceling":
            yield "membership.cancel_withdrawn", {}
        elif was == "paused":
            yield "membership.resumed", {}
        elif was != "past_due":
            yield "membership.activated", {"first": previous is None or was in ("trialing", "incomplete")}
    elif now in ("trialing", "past_due", "paused"):
        yield f"membership.{now}", {}
    elif now == "canceling":
        if previous is None:
            yield "membership.activated", {"first": True}
        yield "membership.cancel_scheduled", {}
    elif now in (*ENDED, "unpaid") and was not in (*ENDED, "unpaid", "incomplete"):
        yield "membership.canceled", {}


def _direction(previous: State, state: State) -> str:
    return "up" if (state["amount"] or 0) > (previous["amount"] or 0) else "down"


def _say(membership, name, key, state, previous, **more) -> None:
    plan = db.session.get(Plan, state["plan_id"]) if state["plan_id"] else None
    before = db.session.get(Plan, previous["plan_id"]) if previous and previous["plan_id"] else None
    data = {"plan": plan.label if plan else None, "plan_id": plan.external_id if plan else None,
            "status": state["status"], "reason": state["reason"], "membership": membership.public_id,
            "previous": before.label if before else None, **more}
    record(name, membership.person_id, at=state.at, key=key, source="memberships", **data)
