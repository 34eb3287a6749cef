"""Today, revenue, the rows behind numbers: every link on them leads somewhere, for a new account as well."""
import re
from datetime import UTC, datetime, timedelta

import pytest

from app.analytics.figures import FIGURES
from app.analytics.views.panels import worth_a_month
from app.kit import clock
from app.messaging import Message
from app.people import Person
from app.spine.db import db
from app.spine.facts import MembershipFact, PaymentFact, PersonRef, PlanRef, absorb
from tests.conftest import make_account, sign_in

NOW = datetime(2026, 11, 18, 17, tzinfo=UTC)
DAY = timedelta(days=1)
CLUB = PlanRef("plan_club", "Club", amount=4900, currency="USD", interval="month")


def member(name, status="active", since=200, **more):
    who, began = PersonRef(email=f"{name}@harbor.test", name=name.title()), NOW - since * DAY
    absorb(MembershipFact(who, f"mem_{name}", "active", began, CLUB, 4900, "USD", started_at=began,
                          period_end=NOW + 3 * DAY), "whop")
    absorb(PaymentFact(who, f"pay_{name}", "paid", began, began, 4900, "USD", plan=CLUB), "whop")
    if status != "active":
        absorb(MembershipFact(who, f"mem_{name}", status, NOW - 2 * DAY, CLUB, 4900, "USD", started_at=began,
                              period_end=NOW + 3 * DAY, **more), "whop")


@pytest.fixture
def club(account, run_jobs):
    """Ana and Bo pay, Cy joined lately, Dee will leave, Eli left, Fay's payment failed."""
    with clock.frozen(NOW):
        member("ana")
        member("bo", since=100)
        member("cy", since=5)
        member("dee", "canceling", cancel_reason="too_expensive")
        member("eli", "canceled", ended_at=NOW - 2 * DAY)
        member("fay")
        fay = PersonRef(email="fay@harbor.test")
        absorb(PaymentFact(fay, "pay_open", "failed", NOW - DAY, NOW - DAY, 4900, "USD", plan=CLUB,
                           failure_code="insufficient_funds", recovery_url="https://pay.test/1"), "whop")
        db.session.commit()
        run_jobs()
        yield


def person(name) -> Person:
    return db.session.scalar(db.select(Person).where(Person.email == f"{name}@harbor.test"))


def test_today_says_who_needs_you_and_how_things_stand(desk, club):
    text = desk.get("/").text
    for words in ("2 things need you", "Fay", "Insufficient funds. Tried once.", "Leaves Club on 21 Nov: too expensive",
                  "$98.00", "at risk", "Monthly recurring", "$245", "too few to tell",
                  "Renewals", "left Club"):
        assert words in text, words
    assert 'aria-current="page">' in text and '<span class="count">2</span>' in text


@pytest.mark.parametrize("address", ["/", "/?days=7", "/?days=365", "/?days=x", "/revenue", "/revenue?show=churned",
                                     "/revenue?show=new&days=365", "/payments", "/figures/mrr"])
def test_every_link_leads_somewhere(desk, club, address):
    answer = desk.get(address)
    assert answer.status_code == 200
    for href in set(re.findall(r'href="(/[^"#]*)', answer.text)):
        if not href.startswith("/static"):
            assert desk.get(href.replace("&amp;", "&")).status_code == 200, href


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("query", ["", "?days=365", "?month=2026-10", "?days=7&kind=new"])
def test_every_figure_opens_with_and_without_rows(desk, club, name, query):
    assert desk.get(f"/figures/{name}{query}").status_code == 200
    table = desk.get(f"/figures/{name}.csv{query}")
    assert table.status_code == 200 and table.text.startswith('"name","email"')


def test_the_rows_add_up_to_the_number(desk, club):
    page = desk.get("/figures/mrr").text
    assert "5 rows" in page and "$245" in page and "Dee" in page and "Eli" not in page
    lost = desk.get("/figures/lost").text
    assert "Eli" in lost and "−$49" in lost and "1 row" in lost
    assert "Cy" in desk.get("/figures/new?days=7").text
    assert desk.get("/figures/nothing").status_code == 404 and desk.get("/figures/mrr?month=x").status_code == 400


def test_revenue_shows_what_moved_and_who(desk, club):
    text = desk.get("/revenue?show=churned").text
    for words in ("How $245 a month became $245", "Lost: 1 person", "Chose to leave", "Eli", "Who stays", "Nov 2026"):
        assert words in text, words


def test_somebody_elses_numbers_stay_theirs(app, club):
    rival = make_account("rivals")
    browser = sign_in(app, rival, "company_owner", "rex@rival.test")
    assert browser.get("/").location == "/welcome" and "Welcome, Rex" in browser.get("/welcome").text
    assert "Ana" not in browser.get("/figures/mrr").text


def test_a_reader_sees_no_webhooks_and_exports_nothing(visitor_desk, club):
    from app.connections import Delivery
    db.session.add(Delivery(source="whop", external_id="x", kind="odd", state="failed", body="{}", headers={}))
    db.session.commit()
    text = visitor_desk.get("/").text
    assert "could not be read" not in text and visitor_desk.get("/figures/mrr.csv").status_code == 403


def test_stuck_messages_and_webhooks_ask_for_a_human(desk, club):
    from app.connections import Delivery
    ana = person("ana")
    for number, state in enumerate(("unclear", "held", "held")):
        db.session.add(Message(person_id=ana.id, channel="email", category="promo", dedupe_key=f"m{number}",
                               state=state, attempted_at=NOW))
    db.session.add(Delivery(source="whop", external_id="x", kind="odd", state="failed", body="{}", headers={}))
    db.session.commit()
    text = desk.get("/").text
    for words in ("may or may not have gone out", "2 messages wait", "1 webhook could not be read",
                  "5 things need you"):
        assert words in text, words


def test_an_old_connection_is_said_on_top(desk, club, account):
    from app.connections import Connection
    connection = Connection.add("whop", account.id, webhook_secret="s")
    connection.last_delivery_at = NOW - timedelta(hours=26)
    db.session.commit()
    assert "Whop has sent nothing since yesterday" in desk.get("/").text


def test_the_person_page_tells_memberships_and_payments(desk, club):
    text = desk.get(f"/people/{person('fay').public_id}").text
    for words in ("Memberships", "$49.00 a month", "renews 21 Nov", "Payments", "Insufficient funds"):
        assert words in text, words
    assert worth_a_month(person("ana")) == ("Worth a month", "$49") and worth_a_month(person("eli")) is None
    assert "too expensive" in desk.get(f"/people/{person('dee').public_id}").text
