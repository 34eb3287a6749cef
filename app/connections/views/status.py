"""Webhooks on the page of what is going on."""
from datetime import timedelta

from flask import url_for
from sqlalchemy import func, select

from app.accounts import current_account, tallied
from app.connections.models import Delivery
from app.kit.clock import now
from app.spine.db import db
from app.spine.slots import fills
from app.spine.status import Line

BEHIND = timedelta(seconds=30)


@fills("status.line")
def webhooks() -> Line:
    counts = dict(db.session.execute(select(Delivery.state, func.count()).where(
        Delivery.state.in_(("waiting", "failed"))).group_by(Delivery.state)).all())
    oldest = db.session.scalar(select(func.min(Delivery.received_at)).where(Delivery.state == "waiting"))
    late = oldest is not None and now() - oldest > BEHIND
    words = f"{counts.get('waiting', 0):,} waiting, {counts.get('failed', 0):,} could not be read"
    return Line("Webhooks", "bad" if counts.get("failed") else "warn" if late else "good", words,
                url_for("deliveries.index", state="failed") if counts.get("failed") else None)


@fills("status.line", 120)
def refusals() -> Line:
    """Signatures that were wrong or late: a forged webhook, or a signing secret that was changed on one side only."""
    refused = tallied("webhook refused", current_account().id)
    words = f"{refused:,} refused in 24 hours for their signature"
    return Line("Forged webhooks", "warn" if refused else "good", words,
                url_for("connections.index") if refused else None)
