"""A person's payments on their page."""
from flask import render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.spine.db import db
from app.spine.slots import fills

from ..models import Payment

MOST = 6


@fills("event.source", 10, of="payment")
def page_of_payment(event) -> str:
    return url_for("payments.show", public_id=event.data["payment"])


@fills("person.panel", 20, title="Payments", column="main")
def payments_of(person):
    """Their latest payments with attempts and why they failed, or None when there are none."""
    rows = db.session.scalars(select(Payment).options(joinedload(Payment.plan)).where(
        Payment.person_id == person.id).order_by(Payment.opened_at.desc(), Payment.id.desc()).limit(MOST + 1)).all()
    return render_template("payments/_panel.html", payments=rows[:MOST], more=len(rows) > MOST,
                           person=person) if rows else None
