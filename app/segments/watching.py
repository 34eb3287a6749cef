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
        _come(segment, differences(segment)[0], segment.watched_at)


def forget(segment: Segment) -> None:
    """Stop watching; what was seen so far is deleted."""
    segment.watched_at = segment.looked_at = None
    for model in (SegmentMember, SegmentMove):
        db.session.execute(delete(model).where(model.segment_id == segment.id))


def look(segment: Segment) -> tuple[int, int]:
    """Bring a watched segment up to date and tell who entered and who left; how many of each."""
    come, gone = differences(segment)
    moment = _settle(segment, come, gone, _whys([*come, *gone], segment.looked_at))
    for name, ids in ((LEFT, gone), (ENTERED, come)):
        record_all(name, ids, at=moment, segment=segment.public_id, segment_name=segment.name)
    return len(come), len(gone)


def ask_anew(segment: Segment) -> None:
    """Its condition was changed: who belongs now is noted, and starts nothing."""
    if segment.watched_at is not None:
        come, gone = differences(segment)
        _settle(segment, come, gone, dict.fromkeys([*come, *gone], QUESTION))


def differences(segment: Segment) -> tuple[list[int], list[int]]:
    """Who is in it and not noted, and who is noted and not in it any more; only read."""
    inside = segment.people.where(Person.staff.is_(False)).with_only_columns(Person.id)
    noted = select(SegmentMember.person_id).where(SegmentMember.segment_id == segment.id)
    return (list(db.session.scalars(inside.where(Person.id.not_in(noted)))),
            list(db.session.scalars(noted.where(SegmentMember.person_id.not_in(inside)))))


def _settle(segment: Segment, come: list[int], gone: list[int], whys: dict[int, str]) -> datetime:
    """Note who came and who went, as of now."""
    moment = segment.looked_at = now()
    for start in range(0, len(gone), STRIDE):
        db.session.execute(delete(SegmentMember).where(
            SegmentMember.segment_id == segment.id, SegmentMember.person_id.in_(gone[start:start + STRIDE])))
    _come(segment, come, moment)
    moves = [{"account_id": current_account_id(), "segment_id": segment.id, "person_id": one, "at": moment,
              "entered": entered, "why": whys.get(one, CLOCK), "created_at": moment}
             for ids, entered in ((gone, False), (come, True)) for one in ids]
    if moves:
        db.session.execute(insert(SegmentMove), moves)
    return moment


def _come(segment: Segment, ids: list[int], moment: datetime) -> None:
    if ids:
        db.session.execute(insert(SegmentMember), [
            {"account_id": current_account_id(), "segment_id": segment.id, "person_id": one, "since": moment,
             "created_at": moment} for one in ids])


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
