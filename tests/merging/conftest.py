"""Ana, and Ana Lima, who is Ana as well: each with a history of her own."""
from datetime import UTC, datetime

import pytest

from app.labels import make_field
from app.people import meet
from app.spine.db import db
from app.spine.facts import ActivityFact, MembershipFact, PaymentFact, PersonRef, PlanRef, absorb

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ana(account):
    ana = meet(PersonRef(email="ana@x.example", name="Ana", whop_user="user_ana"), "whop")
    make_field("Shoe size", "number")
    ana.custom = {"shoe_size": 38}
    absorb(PaymentFact(PersonRef(email="ana@x.example"), "pay_a", "paid", AT, AT, 4900, "USD"), "whop")
    ana.tag("VIP")
    ana.note("Likes mornings.")
    db.session.commit()
    return ana


@pytest.fixture
def double(account):
    """Ana Lima, met under another address."""
    double = meet(PersonRef(email="ana.lima@y.example", name="Ana Lima", username="analima", phone="+351912000777",
                            stripe="cus_1"), "stripe", lead=True, lead_source="podcast")
    who = PersonRef(email="ana.lima@y.example")
    absorb(PaymentFact(who, "pay_b", "paid", AT, AT, 9900, "USD"), "stripe")
    absorb(MembershipFact(who, "sub_1", "active", AT, started_at=AT, amount=9900, currency="USD",
                          plan=PlanRef("plan_club", "Club", amount=9900, currency="USD", interval="month")), "stripe")
    absorb(ActivityFact(who, "post", AT, external_id="post_1", title="Hello"), "whop")
    double.tag("VIP")
    double.tag("Runner")
    double.custom = {"shoe_size": 39, "city": "Lisbon"}
    db.session.commit()
    return double
