"""Who came into a segment and who left it, and how it grew."""
from datetime import timedelta

from flask import abort, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts import current_account
from app.kit.clock import now
from app.kit.pages import page, redirect_to, toast
from app.kit.paging import BadCursor, keyset
from app.segments.models import Segment, SegmentMove, SegmentSize
from app.segments.uses import uses
from app.segments.watching import forget, watch
from app.spine.db import db
from app.spine.policy import policy

from . import bp

DAYS = 90


def trend(segment: Segment) -> list[tuple]:
    """(day, people) of the last days it was measured on, the oldest first."""
    first = now().astimezone(current_account().zone).date() - timedelta(days=DAYS)
    return list(db.session.execute(select(SegmentSize.day, SegmentSize.people).where(
        SegmentSize.segment_id == segment.id, SegmentSize.day >= first).order_by(SegmentSize.day)).tuples())


@bp.get("/<public_id>/history")
@policy("segments.read")
def history(public_id):
    segment = Segment.find_or_404(public_id)
    moves = select(SegmentMove).where(SegmentMove.segment_id == segment.id).options(joinedload(SegmentMove.person))
    try:
        found = keyset(db.session, moves, SegmentMove.at, SegmentMove.id, descending=True,
                       cursor=request.args.get("cursor"))
    except BadCursor as error:
        abort(400, str(error))
    return page("segments/history.html", segment=segment, found=found, trend=trend(segment))


@bp.post("/<public_id>/watch")
@policy("segments.write")
def start_watching(public_id):
    segment = Segment.find_or_404(public_id)
    watch(segment)
    db.session.commit()
    return toast(redirect_to(url_for(".history", public_id=public_id)), f"{segment.name} is watched from now on")


@bp.post("/<public_id>/watch/removal")
@policy("segments.write")
def stop_watching(public_id):
    segment = Segment.find_or_404(public_id)
    if any(use.get("starts") for use in uses(segment)):
        abort(409, f"A playbook starts by {segment.name}. Switch that off first.")
    forget(segment)
    db.session.commit()
    return toast(redirect_to(url_for(".show", public_id=public_id)), f"{segment.name} is no longer watched")
