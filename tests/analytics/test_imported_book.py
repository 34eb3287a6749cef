"""Files through the command, jobs, and the API: the worked book of metrics.md to the last digit, in any order."""
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.accounts.sign_in import ApiToken
from app.analytics import Conversion, Movement
from app.analytics.metrics import mrr_at
from app.memberships import Membership, MembershipSegment
from app.payments import Payment
from app.people import Person
from app.spine.db import db, serve
from app.spine.events import Event
from tests.analytics.test_worked_book import MONTHS

HEADER = ("sub_id,seq,version,member_id,plan_id,interval,interval_count,amount_minor,quantity,"
          "recurring_discount_minor,currency,status,start,end\n")
BOOK = """ana,1,1,ana,basic,month,1,1900,1,0,USD,active,2026-01-10T12:00:00Z,2026-03-15T12:00:00Z
ana,2,1,ana,pro,month,1,4900,1,0,USD,active,2026-03-15T12:00:00Z,
ben,1,1,ben,pro-year,year,1,1,1,0,USD,active,2026-02-05T12:00:00Z,
ben,1,2,ben,pro-year,year,1,49000,1,0,USD,active,2026-02-05T12:00:00Z,
cho,1,1,cho,pro,month,1,4900,1,0,USD,active,2026-01-20T12:00:00Z,2026-03-20T12:00:00Z
dee-1,1,1,dee,basic,month,1,1900,1,0,USD,active,2026-01-02T12:00:00Z,2026-02-10T12:00:00Z
dee-2,1,1,dee,pro,month,1,4900,1,0,USD,active,2026-03-05T12:00:00Z,
eli,1,1,eli,basic,month,1,1900,1,0,USD,trialing,2026-03-01T12:00:00Z,2026-03-08T12:00:00Z
eli,2,1,eli,basic,month,1,1900,1,0,USD,active,2026-03-08T12:00:00Z,
fay,1,1,fay,lifetime,one_time,1,29900,1,0,USD,completed,2026-03-03T12:00:00Z,
gus,1,1,gus,pro,month,1,4900,1,0,USD,active,2026-01-15T12:00:00Z,2026-03-18T12:00:00Z
gus,2,1,gus,pro,month,1,4900,1,0,USD,paused,2026-03-18T12:00:00Z,2026-05-18T12:00:00Z
hal,1,1,hal,pro,month,1,4900,1,0,USD,active,2026-01-15T12:00:00Z,2026-03-11T12:00:00Z
hal,2,1,hal,basic,month,1,1900,1,0,USD,active,2026-03-11T12:00:00Z,
"""
PAID = "payment_id,member_id,sub_id,amount_minor,refunded_minor,currency,status,failure_code,at\n"


@pytest.fixture
def take(app, account, tmp_path):
    account.timezone = "UTC"

    def run(kind, text):
        path = tmp_path / f"{kind}.csv"
        path.write_text(text)
        db.session.commit()
        done = app.test_cli_runner().invoke(args=["import", kind, str(path), "--account", account.slug])
        serve(account.id)
        db.session.expire_all()
        return json.loads(done.stdout)
    return run


@pytest.fixture
def ask(app, account):
    """GET from the API."""
    _, secret = ApiToken.make(account, "company_owner", "tests")
    db.session.commit()
    browser = app.test_client()

    def get(path):
        return browser.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"}).json
    return get


NAMES = ("month", "start_mrr", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr",
         "end_mrr")


def months(ask):
    rows = ask("/analytics/revenue?from=2026-01-01&to=2026-05-31&by=month")["data"]
    return [tuple(row[name] for name in NAMES) for row in rows]


def test_the_worked_book_from_a_file(take, ask, run_jobs):
    said = take("memberships", HEADER + BOOK)
    assert (said["created"], said["skipped"], said["errors"]) == (14, 0, [])
    run_jobs()
    assert months(ask) == MONTHS
    march = ask("/analytics/revenue?from=2026-03-01&to=2026-03-31&by=month")["data"][0]
    assert (march["logo_churn"], march["grr"], march["nrr"], march["quick_ratio"], march["arpu"]) == (
        "0.200000", "0.381144", "0.526189", "0.765625", "3536.6667")
    assert take("memberships", HEADER + BOOK)["unchanged"] == 14
    run_jobs()
    assert months(ask) == MONTHS
    people = {person.identities[0].value: person for person in db.session.scalars(select(Person))}
    assert (people["ana"].membership_status, people["ana"].plan_id, people["ana"].stage) == ("active", "pro", "member")
    assert (people["cho"].membership_status, people["cho"].stage) == ("canceled", "former")
    assert people["dee"].joined_at == datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_rows_in_any_order_and_batch_give_the_same_book(take, ask, run_jobs):
    lines = BOOK.splitlines(keepends=True)
    for some in (lines[9:], lines[4:9][::-1], lines[:4][::-1]):
        take("memberships", HEADER + "".join(some))
        run_jobs()
    assert months(ask) == MONTHS


def test_bad_rows_stay_out(take):
    bad = ("x,1,1,x,basic,month,1,1900,1,0,USD,sleeping,2026-01-10,\n"
           "x,1,1,x,basic,month,0,1900,1,0,USD,active,2026-01-10,\n"
           "x,1,1,x,basic,month,1,-1,1,0,USD,active,2026-01-10,\nx,1,1,x,basic,month,1,1900,1,0,QQQ,active,2026-01-10,\n"
           "x,1,1,,basic,month,1,1900,1,0,USD,active,2026-01-10,\nx,9999999999,1,x,b,month,1,1,1,0,USD,active,2026-01-10,\n")
    said = take("memberships", HEADER + bad)
    assert [error["row"] for error in said["errors"]] == [2, 3, 4, 5, 6, 7] and said["created"] == 0
    assert db.session.scalar(select(func.count(Membership.id))) == 0


def test_payments_of_a_file(take, ask, run_jobs):
    rows = ("p1,ana,ana,4900,0,USD,failed,insufficient_funds,2026-03-01T10:00:00Z\n"
            "p1,ana,ana,4900,0,USD,failed,expired_card,2026-03-03T10:00:00Z\n"
            "p1,ana,ana,4900,0,USD,paid,,2026-03-05T10:00:00Z\n"
            "p2,ben,,49000,9000,USD,refunded,,2026-03-06T10:00:00Z\n"
            "p3,cho,,4900,,USD,disputed,,2026-03-07T10:00:00Z\n")
    said = take("payments", PAID + rows)
    assert (said["created"], said["updated"], said["errors"]) == (3, 2, [])
    run_jobs()
    one, two, three = db.session.scalars(select(Payment).order_by(Payment.external_id)).all()
    assert (one.status, one.attempts_count, one.recovered, one.failure_code) == ("paid", 3, True, "expired_card")
    assert (two.status, two.net, three.status) == ("partially_refunded", 40000, "disputed")
    assert one.person.total_spent == 4900 and two.person.total_spent == 40000 and one.person.payments_count == 1
    kinds = db.session.scalars(select(Event.kind).where(Event.source == "payments").order_by(
        Event.at, Event.id)).all()
    assert kinds == ["payment.failed", "payment.failed", "payment.succeeded", "payment.succeeded", "payment.refunded",
                     "payment.succeeded", "payment.disputed"]
    assert take("payments", PAID + rows)["unchanged"] == 5
    assert db.session.scalar(select(func.count(Event.id)).where(Event.source == "payments")) == 7


def test_what_was_sent_elsewhere_is_credited(take, run_jobs):
    touches = ("touch_id,member_id,playbook,channel,kind,at,is_test\n"
               "A,ana,Welcome,email,clicked,2026-03-02T10:00:00Z,false\n"
               "B,ana,Welcome,email,delivered,2026-03-04T10:00:00Z,false\n"
               "C,ana,Welcome,email,opened,2026-03-07T10:00:00Z,false\n"
               "D,ben,Welcome,email,opened,2026-03-02T10:00:00Z,false\n")
    paid = ("p1,ana,,4900,0,USD,paid,,2026-03-08T10:00:00Z\np2,ben,,4900,0,USD,paid,,2026-03-03T10:00:00Z\n"
            "p3,cho,,4900,0,USD,paid,,2026-03-03T10:00:00Z\n")
    take("payments", PAID + paid)
    take("messages", touches)
    run_jobs()
    credits = dict(db.session.execute(select(Payment.external_id, Conversion.credit).join(
        Conversion, Conversion.payment_id == Payment.id)).tuples().all())
    assert credits == {"p1": "attributed", "p2": "none", "p3": "none"}


def test_rates_convert_whenever_they_come(take, run_jobs):
    euro = "e,1,1,eva,club,month,1,1000,1,0,EUR,active,2026-03-10T12:00:00Z,\n"
    take("memberships", HEADER + euro)
    take("payments", PAID + "p1,eva,e,1000,0,EUR,paid,,2026-03-10T12:00:00Z\n")
    run_jobs()
    assert mrr_at(date(2026, 3, 31)) == 0 and db.session.scalar(select(Person.total_spent)) == 0
    said = take("fx", "date,currency,rate\n2026-03-01,EUR,1.10\n2026-03-11,EUR,1.50\n2026-03-12,USD,1\n"
                "2026-03-12,EUR,0\n")
    assert said["created"] == 2 and len(said["errors"]) == 2
    run_jobs()
    assert mrr_at(date(2026, 3, 31)) == 11_000_000, "the latest rate before the first paid day, kept for life"
    assert db.session.scalar(select(Person.total_spent)) == 1100
    take("fx", "date,currency,rate\n2026-03-10,EUR,1.2\n")
    run_jobs()
    assert mrr_at(date(2026, 3, 31)) == 12_000_000


def test_history_starts_no_playbook(take, run_jobs):
    from app.automations import Enrollment
    from tests.analytics.crowd import rescue
    rescue().switch_on()
    take("payments", PAID + "p1,ana,,4900,0,USD,failed,,2026-03-08T10:00:00Z\n")
    run_jobs()
    assert db.session.scalar(select(func.count(Enrollment.id))) == 0


def test_a_given_segment_replaces_what_was_concluded(take, account):
    from app.spine.facts import MembershipFact, PersonRef, absorb
    at = datetime(2026, 3, 1, tzinfo=UTC)
    absorb(MembershipFact(PersonRef(email="ana@x.test"), "sub_1", "active", at, amount=100, currency="USD"), "whop")
    take("memberships", HEADER + "sub_1,0,1,ana,club,month,1,4900,1,0,USD,active,2026-02-01,\n")
    [segment] = db.session.scalars(select(MembershipSegment)).all()
    assert segment.given and segment.amount == 4900
    assert db.session.scalar(select(func.count(Membership.id))) == 1
    assert Decimal(db.session.scalar(select(func.count(Movement.id)))) >= 0
