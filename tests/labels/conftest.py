"""Ana and Bo, to be labelled."""
import pytest

from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef


@pytest.fixture
def ana(account):
    ana = meet(PersonRef(email="ana@x.example", name="Ana Lima", whop_user="user_ana"), "whop")
    db.session.commit()
    return ana


@pytest.fixture
def bo(account):
    bo = meet(PersonRef(email="bo@x.example", name="Bo Lind"), "stripe", lead=True, lead_source="podcast")
    db.session.commit()
    return bo
