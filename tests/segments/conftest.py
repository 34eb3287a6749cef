"""Ana, Bo and Cy, of whom segments are made."""
from datetime import timedelta

import pytest

from app.kit.clock import now
from app.people import Person
from app.spine.db import db
from app.spine.events import record


@pytest.fixture
def crowd(account):
    """Ana is active and rich, Bo a lead, Cy past due and quiet."""
    ana = Person(name="Ana Lima", email="ana@x.example", stage="member", membership_status="active", total_spent=90000,
                 joined_at=now() - timedelta(days=200), last_active_at=now() - timedelta(days=2), engagement_score=88)
    bo = Person(name="Bo Berg", email="bo@x.example", custom={"goal": "novel"})
    cy = Person(name="Cy Duarte", email="cy@x.example", stage="member", membership_status="past_due", total_spent=4900,
                joined_at=now() - timedelta(days=10), last_active_at=now() - timedelta(days=45))
    db.session.add_all([ana, bo, cy])
    db.session.flush()
    ana.tag("VIP")
    record("payment.failed", cy, at=now() - timedelta(days=3), source="test")
    db.session.commit()
    return ana, bo, cy
