"""Who came into a watched segment and who left it since the last look: told once, in the transaction that found out.

A segment is watched when somebody asks for its history or a playbook starts by it. Whoever is in it when the watch
begins, or when its condition is changed, is noted without an event: only coming and going afterwards is news.
"""
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from app.kit.clock import now
from app.people import Person
from app.spine.db import current_account_id, db
from app.spine.events import Event, record_all

from .kinds import ENTERED, LEFT
from .models import Segment, SegmentMember, SegmentMove

KEPT = timedelta(days=400)
STRIDE = 500
CLOCK = "Time passed."
QUESTION = "The segment's question was changed."


def watch(segment: Segment) -> None:
    """Keep from now on who comes and goes; who is in it now was there before."""
    if segment.watched_at is None:
        segment.watched_at = segment.looked_at = now()
        db.session.flush()
        _come(segment, _newcomers(segment), now())


def forget(segment: Segment) -> None:
    """Stop watching; what was seen so far is deleted."""
    segment.watched_at = segment.looked_at = None
    for model in (SegmentMember, SegmentMove):
        db.session.execute(delete(model).where(model.segment_id == segment.id))


def look(segment: Segment) -> tuple[int, int]:
    """Bring a watched segment up to date and tell who entered and who left; how many of each."""
    moment = now()
    come, gone = _newcomers(segment), _leavers(segment)
    whys = _whys([*come, *gone], segment.looked_at)
    _go(segment, gone)
    _come(segment, come, moment)
    for name, ids in ((LEFT, gone), (ENTERED, come)):
        _note(segment, ids, moment, name == ENTERED, whys)
        record_all(name, ids, at=moment, segment=segment.public_id, segment_name=segment.name)
    segment.looked_at = moment
    return len(come), len(gone)


def ask_anew(segment: Segment) -> None:
    """Its condition was changed: who belongs now is noted, and starts nothing."""
    if segment.watched_at is None:
        return
    moment, come, gone = now(), _newcomers(segment), _leavers(segment)
    _go(segment, gone)
    _come(segment, come, moment)
    for ids, entered in ((gone, False), (come, True)):
        _note(segment, ids, moment, entered, dict.fromkeys(ids, QUESTION))
    segment.looked_at = moment


def _members(segment: Segment):
    return select(SegmentMember.person_id).where(SegmentMember.segment_id == segment.id)


def _newcomers(segment: Segment) -> list[int]:
    return list(db.session.scalars(segment.people.with_only_columns(Person.id).where(
        Person.staff.is_(False), Person.id.not_in(_members(segment)))))


def _leavers(segment: Segment) -> list[int]:
    inside = segment.people.with_only_columns(Person.id)
    return list(db.session.scalars(_members(segment).where(SegmentMember.person_id.not_in(inside))))


def _come(segment: Segment, ids: list[int], moment: datetime) -> None:
    if ids:
        db.session.execute(insert(SegmentMember), [
            {"account_id": current_account_id(), "segment_id": segment.id, "person_id": one, "since": moment,
             "created_at": moment} for one in ids])


def _go(segment: Segment, ids: list[int]) -> None:
    for start in range(0, len(ids), STRIDE):
        db.session.execute(delete(SegmentMember).where(
            SegmentMember.segment_id == segment.id, SegmentMember.person_id.in_(ids[start:start + STRIDE])))


def _note(segment: Segment, ids: list[int], moment: datetime, entered: bool, whys: dict[int, str]) -> None:
    if ids:
        db.session.execute(insert(SegmentMove), [
            {"account_id": current_account_id(), "segment_id": segment.id, "person_id": one, "at": moment,
             "entered": entered, "why": whys.get(one, CLOCK), "created_at": moment} for one in ids])


def _whys(ids: list[int], since: datetime | None) -> dict[int, str]:
    """Person id -> the last thing that happened to them since then, in words."""
    told: dict[int, str] = {}
    for start in range(0, len(ids), STRIDE):
        some = ids[start:start + STRIDE]
        last = select(func.max(Event.id)).where(Event.person_id.in_(some), Event.created_at >= since,
                                                Event.kind.not_in((ENTERED, LEFT))).group_by(Event.person_id)
        told |= {event.person_id: f"{event.sentence[:1].upper()}{event.sentence[1:]}."
                 for event in db.session.scalars(select(Event).where(Event.id.in_(last)))}
    return told
