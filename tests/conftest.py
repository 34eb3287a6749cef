"""Named people, two accounts, and an application on the database the environment names (SQLite by default)."""
import contextvars
import os

import pytest
from flask import has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

os.environ["APP_ENV"] = "test"
for name in ("DATABASE_URL", "REDIS_URL", "DYNO", "PUBLIC_URL", "SMTP_URL", "ENCRYPTION_KEYS"):
    os.environ.pop(name, None)

if os.environ.get("TEST_REDIS_URL") and os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
    server, _, number = os.environ["TEST_REDIS_URL"].rpartition("/")          # a Redis database for each test process
    lane = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    os.environ["TEST_REDIS_URL"] = f"{server}/{(int(number or 0) + lane) % 16}"

from app import create_app  # noqa: E402
from app.accounts import Account, Seat, User  # noqa: E402
from app.accounts.sign_in import SignIn  # noqa: E402
from app.kit import clock  # noqa: E402
from app.spine.db import across_accounts, db, serve  # noqa: E402
from app.spine.jobs import drain  # noqa: E402
from tests.wire import own_database  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="suites at their full size")


class Browser(FlaskClient):
    """A client whose requests get a session of their own, as in life, and that fills in CSRF tokens."""

    forge = False            # True: send no token, to test the guard

    def open(self, *args, **kwargs):
        if not has_app_context():        # following a redirect of a request that has its own
            return super().open(*args, **{"buffered": True, **kwargs})
        if db.session.registry.has():
            db.session.commit()
        try:
            return contextvars.Context().run(super().open, *args, **{"buffered": True, **kwargs})
        finally:
            if db.session.registry.has():
                db.session.expire_all()

    def post(self, *args, **kwargs):
        if not self.forge and "/api/" not in args[0]:
            kwargs["headers"] = {"X-CSRFToken": self.csrf(), **dict(kwargs.get("headers") or {})}
        return super().post(*args, **kwargs)

    def csrf(self) -> str:
        """The token that the page before this form would have carried."""
        with self.session_transaction() as session:
            value = session.setdefault("csrf_token", "c" * 40)
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(value)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory, worker_id):
    """A database of this test process's own."""
    with own_database(worker_id, f"sqlite:///{tmp_path_factory.mktemp('data') / 'test.db'}") as url:
        yield url


@pytest.fixture(scope="session")
def application(database_url, tmp_path_factory):
    app = create_app(SQLALCHEMY_DATABASE_URI=database_url, DATABASE_URL=database_url, TESTING=True,
                     SECRET_KEY="a key for the tests alone", DATA_DIR=tmp_path_factory.mktemp("instance"),
                     PROPAGATE_EXCEPTIONS=True, PUBLIC_URL="http://localhost")
    app.test_client_class = Browser
    with app.app_context():
        db.create_all()
    return app


def empty(connection) -> None:
    """Every table without rows; the audit trail has to be told that this is meant."""
    marks = db.metadata.tables["marks"]
    connection.execute(marks.delete())
    connection.execute(marks.insert().values(name="audit rewriting", value={}, created_at=clock.real_now()))
    for table in reversed(db.metadata.sorted_tables):
        if table is not marks:
            connection.execute(table.delete())
    connection.execute(marks.delete())


@pytest.fixture
def app(application):
    """The application with an empty database, its context pushed."""
    with application.app_context():
        with db.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            empty(connection)
        yield application
        db.session.remove()


def make_account(slug, **traits) -> Account:
    account = Account(slug=slug, name=traits.pop("name", slug.title()), **traits)
    with across_accounts():
        db.session.add(account)
        db.session.commit()
    return account


def sign_in(app, account, role, email) -> FlaskClient:
    """A browser in which somebody of this role is signed in."""
    with across_accounts():
        user = User(email=email, name=email.split("@")[0].title())
        user.seats = [Seat(account_id=account.id, role=role)]
        db.session.add(user)
        db.session.flush()
        secret = SignIn.begin(user, "tests", "127.0.0.1", account.id)
        db.session.commit()
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["sid"] = secret
    browser.user_id = user.id
    return browser


@pytest.fixture
def account(app) -> Account:
    """Harbor, a company; the test serves it."""
    account = make_account("harbor", name="Harbor Run Club", timezone="America/New_York")
    serve(account.id)
    return account


@pytest.fixture
def other_account(account) -> Account:
    """Rival, whose rows nobody of Harbor may see."""
    return make_account("rival", name="Rival Rowing")


@pytest.fixture
def client(app):
    """A browser nobody has signed in to."""
    return app.test_client()


@pytest.fixture
def desk(app, account):
    """Olu's browser: the owner of Harbor."""
    return sign_in(app, account, "company_owner", "olu@harbor.test")


@pytest.fixture
def visitor_desk(app, account):
    """Mel's browser: a member of the team who may only look."""
    return sign_in(app, account, "company_user", "mel@harbor.test")


@pytest.fixture
def htmx():
    return {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def run_jobs(app):
    return drain


@pytest.fixture(scope="session")
def worker_id(request):
    return getattr(request.config, "workerinput", {}).get("workerid", "main")
