"""Ana the member and Bo the lead."""
from datetime import UTC, datetime

import pytest

from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef


@pytest.fixture
def ana(account):
    ana = meet(PersonRef(email="ana@x.example", name="Ana Émile Lima", whop_user="user_ana", phone="+351 912 345 678"),
               "whop")
    ana.stage, ana.membership_status, ana.plan_id, ana.plan_name = "member", "active", "plan_pro", "Pro monthly"
    ana.total_spent, ana.payments_count, ana.risk_score = 12900, 3, 71
    ana.joined_at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    ana.last_active_at = datetime(2026, 11, 1, tzinfo=UTC)
    db.session.commit()
    return ana


@pytest.fixture
def bo(account):
    bo = meet(PersonRef(email="bo@x.example", name="=cmd Bo"), "stripe", lead=True, lead_source="podcast")
    db.session.commit()
    return bo
