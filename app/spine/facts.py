"""What adapters tell us, in our own words. A vendor's payload becomes facts; one domain absorbs each kind.

Absorbing is idempotent and does not depend on order: `version` (the object's own time of change, then its rank)
decides whether a fact is newer than what we hold.
"""
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta

from app.kit.clock import parse_time

_absorbers: dict[type, Callable] = {}
_lookups: dict[type, Callable] = {}
_counts: dict[type, Callable] = {}


@dataclass(frozen=True)
class PersonRef:
    """Whatever a payload says about who it concerns; each id is unique within account and kind."""
    email: str | None = None
    name: str | None = None
    username: str | None = None
    phone: str | None = None
    country: str | None = None
    timezone: str | None = None
    whop_user: str | None = None       # user_...
    whop_member: str | None = None     # mber_...
    stripe: str | None = None          # cus_...
    external: str | None = None        # an import's member_id

    def __bool__(self):
        return any(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True)
class PlanRef:
    """The plan a fact names: its id at the source and, where known, what it costs per period (minor units)."""
    external_id: str
    name: str | None = None
    product_id: str | None = None
    product_name: str | None = None
    amount: int | None = None
    currency: str | None = None
    interval: str | None = None        # day, week, month, year, one_time
    interval_count: int = 1


@dataclass(frozen=True)
class PersonFact:
    """A person exists or changed. `left` is true when they have no access left."""
    who: PersonRef
    at: datetime
    joined_at: datetime | None = None
    last_active_at: datetime | None = None
    left: bool | None = None
    lead: bool = False
    lead_source: str | None = None
    custom: dict = field(default_factory=dict)
    since: datetime | None = None      # when the source first knew them; whoever was there before is no news


@dataclass(frozen=True)
class MembershipFact:
    """A membership's whole state as of `version`. Amounts in minor units per period, discount recurring."""
    who: PersonRef
    external_id: str
    status: str       # trialing active past_due canceling paused unpaid incomplete canceled expired completed
    version: datetime
    plan: PlanRef | None = None
    amount: int | None = None          # what the next renewal charges, per unit
    currency: str | None = None
    quantity: int = 1
    discount: int | None = 0           # None: it does not say
    started_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_end: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    changed_at: datetime | None = None     # when this state took effect, if the source says
    cancel_reason: str | None = None
    manage_url: str | None = None
    partial: bool = False              # only status and dates are meant; keep the rest as known
    look: bool = False                 # how it stood when we looked, not an event: the same as before says nothing


@dataclass(frozen=True)
class PaymentFact:
    """One payment (an invoice or a one-off) as of `version`; several attempts, one payment. Minor units."""
    who: PersonRef
    external_id: str
    status: str       # pending paid failed refunded partially_refunded disputed canceled requires_action
    version: datetime
    at: datetime                       # when this state came about at the source
    amount: int | None = None
    currency: str | None = None
    refunded: int | None = None
    membership_id: str | None = None   # external id
    plan: PlanRef | None = None
    reason: str | None = None          # initial renewal upgrade one_time manual
    failure_code: str | None = None
    failure_message: str | None = None
    attempts: int | None = None
    next_attempt_at: datetime | None = None
    recovery_url: str | None = None
    refund_id: str | None = None       # set when this fact is one refund of the payment
    refund_amount: int | None = None
    dispute_id: str | None = None
    dispute_status: str | None = None  # open, won, lost
    dispute_amount: int | None = None
    aliases: tuple[str, ...] = ()      # other ids of the same payment at the source (intent, charge, invoice)
    card_brand: str | None = None
    card_last4: str | None = None
    reference: str | None = None       # our own attribution key, when the checkout carried one
    test: bool = False
    look: bool = False                 # how it stood when we looked, not an event


@dataclass(frozen=True)
class ActivityFact:
    """Something a person did: login, message, post, comment, lesson, view, reaction or custom."""
    who: PersonRef
    kind: str
    at: datetime
    external_id: str | None = None     # makes it count once
    value: float | None = None
    content_id: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class ContentFact:
    """A course, lesson, post or file that exists at the source."""
    external_id: str
    kind: str
    title: str
    version: datetime
    parent_id: str | None = None


@dataclass(frozen=True)
class ProductFact:
    """Something that is sold, as its source lists it at `version`."""
    external_id: str
    name: str
    version: datetime


@dataclass(frozen=True)
class PlanFact:
    """A plan as its source lists it at `version`; it outranks what memberships said of it in passing."""
    plan: PlanRef
    version: datetime

    @property
    def external_id(self) -> str:
        return self.plan.external_id


Fact = PersonFact | MembershipFact | PaymentFact | ActivityFact | ContentFact | ProductFact | PlanFact


@dataclass(frozen=True)
class Held:
    """What we hold about the thing a fact is about: `values` are words, None for nothing."""
    noun: str
    subject: str                       # its public id
    person_id: int | None
    values: dict

    def changes(self, before: "Held | None"):
        """(field, was, became) of each value that differs; two moments within a minute do not."""
        for name, value in self.values.items() if before and before.subject == self.subject else ():
            old = before.values.get(name)
            if old != value and not (name.endswith("_at") and old and value and _close(old, value)):
                yield name, old, value


def _close(one: str, other: str) -> bool:
    return abs(parse_time(one) - parse_time(other)) <= timedelta(minutes=1)


def absorbs(kind: type):
    """Name the one function that takes facts of this kind: `(fact, source) -> str`, a word for the outcome."""
    def take(function):
        if kind in _absorbers and _absorbers[kind].__qualname__ != function.__qualname__:
            raise RuntimeError(f"{kind.__name__} already has an absorber")
        _absorbers[kind] = function
        return function
    return take


def absorb(fact: Fact, source: str) -> str:
    """Hand a fact to its domain; `source` is the connection's vendor name. Says what came of it."""
    return _absorbers[type(fact)](fact, source)


def looks_up(kind: type, count: Callable | None = None):
    """Name the one function that says what we hold: `(facts, source) -> [Held or None]`, a few queries for all of them.

    `count(source)` says how many of them we hold that are still open.
    """
    def take(function):
        _lookups[kind] = function
        _counts[kind] = count
        return function
    return take


def held(facts: list[Fact], source: str) -> list[Held | None]:
    """What we hold about each of these facts' things, in their order; None for unknown or not told."""
    found: list[Held | None] = [None] * len(facts)
    for kind, look in _lookups.items():
        places = [place for place, fact in enumerate(facts) if type(fact) is kind]
        if places:
            for place, one in zip(places, look([facts[place] for place in places], source), strict=True):
                found[place] = one
    return found


def became(said: list[str], before: list[Held | None], after: list[Held | None]) -> str:
    """What absorbing some facts came to (created, updated, unchanged): by what we hold, else by the absorbers' words.
    """
    pairs = list(zip(before, after, strict=True))
    words = {word for word, one in zip(said, after, strict=True) if one is None}
    if words & {"created", "counted"} or any(one is not None and was is None for was, one in pairs):
        return "created"
    changed = any(any(one.changes(was)) for was, one in pairs if one is not None)
    return "updated" if changed or "updated" in words else "unchanged"


def open_count(kind: type, source: str) -> int:
    """How many open things of this kind we hold from this source."""
    count = _counts.get(kind)
    return count(source) if count else 0


def described(fact: Fact) -> dict:
    """A fact as JSON for the deliveries screen: only what it says."""
    def plain(value):
        if is_dataclass(value):
            return {f.name: plain(getattr(value, f.name)) for f in fields(value)
                    if getattr(value, f.name) not in (None, (), {}, False)}
        return value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
    return {"fact": type(fact).__name__, **plain(fact)}
