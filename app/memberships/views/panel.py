"""A person's memberships on their page."""
from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.catalog import Plan
from app.spine.db import db
from app.spine.slots import fills

from ..models import Membership, MembershipSegment
from ..words import badge, dates, price, stretches


@fills("event.source", 30, of="membership")
def panel_of_membership(event) -> str:
    return f"#{event.data['membership']}"


@fills("person.panel", 10, title="Memberships", column="main")
def memberships_of(person):
    """Their memberships with price, dates and how each went, the latest first; None when there are none."""
    found = db.session.execute(
        select(Membership, MembershipSegment, Plan).options(joinedload(Membership.plan))
        .outerjoin(MembershipSegment, MembershipSegment.membership_id == Membership.id)
        .outerjoin(Plan, Plan.id == MembershipSegment.plan_id).where(Membership.person_id == person.id)
        .order_by(Membership.started_at.desc(), Membership.id.desc(), MembershipSegment.version)).all()
    if not found:
        return None
    rows = list(dict.fromkeys(row for row, _, _ in found))
    for row in rows:
        newest = {part.seq: part for one, part, _ in found if one is row and part is not None}
        row.stretches = stretches(sorted(newest.values(), key=lambda part: part.starts_at, reverse=True))
    return render_template("memberships/_panel.html", memberships=rows, membership_badge=badge,
                           membership_dates=dates, membership_price=price)
