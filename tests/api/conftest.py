"""Programs that talk to the API with a token."""
import pytest

from app.accounts.sign_in import ApiToken
from app.people import meet
from app.spine.db import db
from app.spine.facts import PersonRef


class Program:
    """A client that sends its token with every call."""

    def __init__(self, app, secret):
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {secret}"}
        self.client.forge = True

    def __getattr__(self, method):
        def call(path, headers=None, **more):
            return getattr(self.client, method)(f"/api/v1{path}", headers={**self.headers, **(headers or {})}, **more)
        return call


@pytest.fixture
def program(app, account):
    """May do everything at Harbor."""
    _, secret = ApiToken.make(account, "company_owner", "tests")
    db.session.commit()
    return Program(app, secret)


@pytest.fixture
def reader(app, account):
    """May only look."""
    _, secret = ApiToken.make(account, "company_user", "reader")
    db.session.commit()
    return Program(app, secret)


@pytest.fixture
def ana(account):
    person = meet(PersonRef(email="ana@example.test", name="Ana Silva"), "whop")
    person.stage, person.membership_status, person.total_spent = "member", "active", 9800
    person.tag("VIP")
    db.session.commit()
    return person


@pytest.fixture
def bo(account):
    person = meet(PersonRef(email="bo@example.test", name="Bo Lind"), "whop")
    db.session.commit()
    return person
