"""Writing the books: whole people at a time, their movements and what their payments are credited to."""
from collections import defaultdict
from datetime import timedelta

from sqlalchemy import delete, or_, select

from app.accounts import current_account
from app.kit.clock import now
from app.kit.money import exponent
from app.memberships import COUNTING, Membership, MembershipSegment
from app.messaging import Message
from app.payments import Payment, rate_at
from app.people import Person
from app.spine.db import as_account, current_account_id, db, insert_once
from app.spine.jobs import give_way, job, schedule
from app.spine.slots import fills

from .books import Segment, movements
from .crediting import write_conversions, write_touches
from .models import Movement, RateLock, StaleBook, Touch

BATCH, TURN = 500, 50            # people marked stale in one statement, and rewritten in one transaction


@fills("memberships.settled")
def went_stale(membership: Membership) -> None:
    """Note that this member's books have to be written again."""
    stale(membership.person_id)


@fills("payments.settled")
def money_moved(payment: Payment) -> None:
    stale(payment.person_id)


@fills("books.imported")
def many_went_stale(person_ids) -> None:
    """The same for many people at once."""
    held = set(db.session.scalars(select(StaleBook.person_id).where(StaleBook.person_id.in_(person_ids))))
    db.session.add_all([StaleBook(person_id=person_id) for person_id in sorted(set(person_ids) - held)])
    db.session.flush()
    account_id = current_account_id()
    write_books.later(account_id, key=f"books:{account_id}")


@fills("rates.changed")
def rates_changed(currency: str) -> None:
    """Lock the rates of this currency anew; the same table of rates gives the same locks, whenever it came."""
    people = set(db.session.scalars(select(MembershipSegment.person_id).where(
        MembershipSegment.currency == currency).distinct()))
    people |= set(db.session.scalars(select(Payment.person_id).where(Payment.currency == currency).distinct()))
    db.session.execute(delete(RateLock).where(RateLock.currency == currency)
                       .execution_options(synchronize_session=False))
    for start in range(0, len(people), BATCH):
        many_went_stale(sorted(people)[start:start + BATCH])


@fills("person.rewritten")
def stale(person_id: int) -> None:
    """Something that a person's movements or conversions follow from has changed; part of the transaction."""
    insert_once(StaleBook, ("account_id", "person_id"), person_id=person_id)
    account_id = current_account_id()
    write_books.later(account_id, key=f"books:{account_id}")


@job(queue="books")
def write_books(account_id: int) -> None:
    """Bring the ledger up to date, a batch at a time."""
    while rewrite_stale():
        db.session.commit()
        give_way()


def rewrite_stale(limit: int = TURN) -> int:
    """Rewrite the books of up to `limit` stale people; how many there were."""
    ids = db.session.scalars(select(StaleBook.person_id).order_by(StaleBook.id).limit(limit)).all()
    if ids:
        db.session.execute(delete(StaleBook).where(StaleBook.person_id.in_(ids))
                           .execution_options(synchronize_session=False))
        segments = rewrite(ids)
        write_touches(ids)
        write_conversions(ids, segments)
    return len(ids)


def rewrite(person_ids) -> dict[int, list[Segment]]:
    """Replace the movements of these members as a whole; the same segments give the same rows. The segments."""
    ids, zone = list(person_ids), current_account().zone
    db.session.execute(delete(Movement).where(Movement.person_id.in_(ids))
                       .execution_options(synchronize_session=False))
    nobody = set(db.session.scalars(select(Person.id).where(Person.id.in_(ids), Person.staff)))
    found = segments_of(ids)
    for person_id, segments in found.items():
        for move in () if person_id in nobody else movements(segments, zone):
            db.session.add(Movement(
                day=move.day, person_id=person_id, kind=move.kind, amount=move.amount, signed=move.signed,
                before=move.before, after=move.after, reason=move.reason,
                customers=int(move.alive_after) - int(move.alive_before),
                paying=int(move.after > 0) - int(move.before > 0)))
    db.session.flush()
    return found


def segments_of(person_ids) -> dict[int, list[Segment]]:
    """Person id -> segments, each with the rate its membership keeps."""
    rows = db.session.execute(
        select(MembershipSegment, Membership.cancel_reason).join(
            Membership, Membership.id == MembershipSegment.membership_id)
        .where(MembershipSegment.person_id.in_(person_ids)).order_by(MembershipSegment.starts_at)).all()
    found, rates = defaultdict(list), _rates([row[0] for row in rows])
    for row, why in rows:
        found[row.person_id].append(Segment(
            sub=row.membership_id, seq=row.seq, version=row.version, status=row.status,
            interval=row.interval or "month",
            interval_count=row.interval_count, amount=row.amount, quantity=row.quantity,
            discount=row.discount,
            start=row.starts_at, end=row.ends_at, rate=rates.get((row.membership_id, row.currency)), plan=row.plan_id,
            reason="payment_failed" if why and "payment" in why.lower() else ""))
    return found


def _rates(segments) -> dict:
    """(membership, currency) -> rate locked on the local day its first counting segment began; made when missing."""
    home, found = current_account(), {}
    foreign = [one for one in segments if one.currency != home.currency]
    for one in segments:
        if one.currency == home.currency:
            found[(one.membership_id, one.currency)] = 1
    if not foreign:
        return found
    held = db.session.scalars(select(RateLock).where(
        RateLock.membership_id.in_({one.membership_id for one in foreign}))).all()
    locked = {(row.membership_id, row.currency): (row.day, row.rate) for row in held}
    for one in foreign:
        key, day = (one.membership_id, one.currency), one.starts_at.astimezone(home.zone).date()
        if one.status in COUNTING and key not in found:
            if key not in locked or locked[key][0] != day:
                locked[key] = (day, _lock(one, day))
            rate = locked[key][1]
            shift = exponent(home.currency) - exponent(one.currency)
            found[key] = rate.scaleb(shift) if rate is not None else None
    return found


def _lock(segment, day):
    rate = rate_at(segment.currency, day)
    db.session.execute(delete(RateLock).where(RateLock.membership_id == segment.membership_id,
                                              RateLock.currency == segment.currency))
    if rate is not None:
        insert_once(RateLock, ("account_id", "membership_id", "currency"), membership_id=segment.membership_id,
                    currency=segment.currency, day=day, rate=rate)
    return rate


def unconverted() -> int:
    """Members left out of every sum because no rate of their currency is known."""
    home = current_account().currency
    locked = select(RateLock.membership_id).where(RateLock.currency == MembershipSegment.currency)
    return len(db.session.scalars(select(MembershipSegment.person_id).where(
        MembershipSegment.currency != home, MembershipSegment.status.in_(COUNTING),
        MembershipSegment.membership_id.not_in(locked.correlate(MembershipSegment))).distinct()).all())


@schedule("17 * * * *")
def sweep_books() -> None:
    """The net: accounts with stale books whose job was lost."""
    for account_id in db.session.scalars(select(StaleBook.account_id).where(
            StaleBook.created_at < now() - timedelta(minutes=5)).distinct()).all():
        write_books.later(account_id, account=account_id, key=f"books:{account_id}")


@schedule("*/5 * * * *")
def sweep_imported_messages() -> None:
    """What another tool sent comes as a file and says nothing: credit it as soon as it is there."""
    arrived = select(Message.account_id, Message.person_id).where(
        Message.reason == "import", Message.is_test.is_(False), Message.sent_at.is_not(None),
        or_(Message.opened_at.is_(None), Message.opened_at != Message.sent_at, Message.clicked_at.is_not(None)),
        ~select(Touch.id).where(Touch.message_id == Message.id).exists()).distinct()
    people: dict[int, list] = defaultdict(list)
    for account_id, person_id in db.session.execute(arrived):
        people[account_id].append(person_id)
    for account_id, ids in people.items():
        with as_account(account_id):
            for person_id in ids:
                stale(person_id)
