"""A person who asked: a copy of everything we hold, then nothing of them anywhere, in any table, file, queue or log."""
import io
import json
import os
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, inspect, select
from structlog.testing import capture_logs

from app.accounts.audit import Audit
from app.accounts.chain import verify
from app.accounts.sign_in import ApiToken
from app.connections import Connection, Delivery
from app.messaging import Template, send
from app.payments import Payment
from app.people import Person, erase, meet
from app.spine import privacy
from app.spine.db import db
from app.spine.facts import PaymentFact, PersonRef, absorb
from app.spine.installation import fold_log
from app.spine.jobs import Job, drain
from tests.wire import sign_whop

NAME, EMAIL, PHONE, USER = "Quillabamba Zweig", "quilla.zweig@gone.example", "+351912000777", "quillazweig77"
CANARIES = ("quillabamba", "zweig", "351912000777", "shoe-size-canary", "left for lisbon canary")
AT = datetime(2026, 3, 1, tzinfo=UTC)


def paid(number: int) -> bytes:
    at = f"2026-11-20T10:00:{number:02d}.000Z"
    return json.dumps({
        "type": "payment.succeeded", "timestamp": at, "account_id": "biz_Harbor", "api_version": "v1",
        "api_version_date": "2026-10-15-1", "data": {
            "id": f"pay_{number}", "status": "paid", "total": {"amount": "49.00", "currency": "usd"}, "currency": "usd",
            "updated_at": at, "user": {"id": "user_Quilla", "name": NAME, "username": USER},
            "customer_email": EMAIL}}).encode()


@pytest.fixture
def quilla(app, account, desk, tmp_path):
    """Quilla came by every door: the API, a webhook, an import, a note, a tag, a message, a job that failed on her."""
    _, secret = ApiToken.make(account, "company_owner", "tests")
    whop = Connection.add("whop", account.id, "Whop", webhook_secret="ws_harbor_secret")
    db.session.commit()
    client = app.test_client()
    details = {"email": EMAIL, "name": NAME, "phone": PHONE, "username": USER}
    made = client.post("/api/v1/people", json=details, headers={
        "Authorization": f"Bearer {secret}", "Idempotency-Key": "quilla-1"})
    assert made.status_code == 201
    for number in (1, 2):
        raw = paid(number)
        assert client.post(whop.webhook_path, data=raw, headers=sign_whop("ws_harbor_secret", f"msg_{number}", raw)
                           ).status_code == 202
    drain()
    file = tmp_path / "people.csv"
    file.write_text(f"member_id,email,status,shoe\nm1,{EMAIL},active,shoe-size-canary\n")
    assert app.test_cli_runner().invoke(args=["import", "people", str(file), "--account", "harbor"]).exit_code == 0
    file.unlink()
    found = db.session.scalar(select(Person).where(Person.email == EMAIL))
    desk.post(f"/people/{found.public_id}/notes", data={"body": "Left for Lisbon canary"})
    desk.post(f"/people/{found.public_id}/tags", data={"name": "VIP"})
    desk.post(f"/people/{found.public_id}", data={"name": f"{NAME} Senior", "email": EMAIL, "phone": PHONE})
    template = Template(name="Hi", channel="sandbox", subject="Hi {{first_name}}", body="Dear {{first_name}}")
    db.session.add_all([template, Job(account_id=account.id, name="tests.none", state="dead", run_at=AT,
                                      error=f"ValueError: no plan for {EMAIL}")])
    db.session.flush()
    send(found, template, dedupe_key=f"hello:{EMAIL}")
    db.session.commit()
    drain()
    return found


def everything() -> str:
    """Every row of every table as the database gives it, in lower case."""
    tables = MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
        return " ".join(repr(tuple(row)) for table in tables.tables.values()
                        for row in connection.execute(select(table))).lower()


def files(app) -> bytes:
    """What lies on the disk: the data folder, and the database file with its log."""
    places = [*Path(app.config["DATA_DIR"]).rglob("*")]
    if db.engine.dialect.name == "sqlite":
        fold_log()
        places += [Path(db.engine.url.database), Path(db.engine.url.database + "-wal")]
    # By another process: closing a file gives up every lock of ours on it, and SQLite's are among them.
    there = [str(place) for place in places if place.is_file()]
    return subprocess.run(["cat", *there], capture_output=True, check=True).stdout.lower()


def queued() -> str:
    """What Redis holds, when there is one."""
    if not os.environ.get("TEST_REDIS_URL"):
        return ""
    import redis
    broker = redis.Redis.from_url(os.environ["TEST_REDIS_URL"])
    return " ".join(repr(broker.dump(key)) for key in broker.keys("*")).lower()


def test_nothing_of_her_is_left_in_any_table_file_queue_or_log(app, account, desk, quilla):
    assert all(canary in everything() for canary in CANARIES)          # each of them stands somewhere before
    public_id = quilla.public_id
    with capture_logs() as lines:
        assert "Payments, refunds" in desk.get(f"/people/{public_id}/erasure").text
        assert desk.post(f"/people/{public_id}/erasure").status_code == 303
        drain()
    held, disk = everything(), files(app)
    assert [canary for canary in CANARIES if canary in held] == []
    assert [canary for canary in CANARIES if canary.encode() in disk] == []
    assert [canary for canary in CANARIES if canary in queued() + str(lines).lower()] == []
    payments = db.session.scalars(select(Payment)).all()
    assert [payment.amount for payment in payments] == [4900, 4900]
    assert verify(db.session, account.id) == [] and "erase" in db.session.scalars(select(Audit.action)).all()
    assert desk.get(f"/people/{public_id}").status_code in (200, 404)


def test_neighbours_lose_nothing_by_sharing_words(app, account, desk, quilla):
    """A namesake, an address that ends alike, the same answer to a question: their webhooks and lines stay."""
    quilla.custom = {"billing": "succeeded", "wants": "paid"}
    other = meet(PersonRef(email=f"a.{EMAIL}", name=f"{NAME} Senior", username="quillazweig778"), "whop")
    raw = paid(3).replace(EMAIL.encode(), f"a.{EMAIL}".encode()).replace(b"user_Quilla", b"user_QuillaTwo")
    whop = db.session.scalar(select(Connection))
    db.session.commit()
    app.test_client().post(whop.webhook_path, data=raw, headers=sign_whop("ws_harbor_secret", "msg_3", raw))
    drain()
    desk.post(f"/people/{other.public_id}", data={"name": f"{NAME} Senior", "email": f"a.{EMAIL}", "phone": ""})
    desk.post(f"/people/{quilla.public_id}/erasure")
    drain()
    kept = db.session.scalar(select(Delivery).where(Delivery.external_id == "msg_3"))
    assert f"a.{EMAIL}" in kept.body and db.session.get(Person, other.id, populate_existing=True).name
    lines = db.session.scalars(select(Audit).where(Audit.object_id == other.public_id)).all()
    assert lines and "[erased]" not in str([line.after for line in lines])
    assert set(db.session.scalars(select(Payment.status))) == {"paid"}
    assert set(db.session.scalars(select(Payment.currency))) == {"USD"}


def test_the_books_keep_their_words_whoever_was_called_like_them(account):
    grant = meet(PersonRef(email="paid@gone.example", name="Paid USD"), "whop")
    absorb(PaymentFact(PersonRef(email="paid@gone.example"), "pay_1", "paid", AT, AT, 4900, "USD"), "whop")
    db.session.commit()
    erase(grant)
    db.session.commit()
    payment = db.session.scalar(select(Payment).execution_options(populate_existing=True))
    assert (payment.status, payment.currency, payment.amount) == ("paid", "USD", 4900)


def test_erased_again_and_written_to_again_nothing_happens(app, account, desk, quilla):
    runner = app.test_cli_runner()
    first = json.loads(runner.invoke(args=["gdpr", "erase", quilla.public_id, "--account", "harbor"]).output)
    assert first["touched"]["identities"] >= 2 and first["touched"]["notes"] == 1
    again = json.loads(runner.invoke(args=["gdpr", "erase", quilla.public_id, "--account", "harbor"]).output)
    assert again["touched"] == {}
    db.session.expire_all()
    template = db.session.scalar(select(Template))
    late = send(db.session.get(Person, quilla.id), template, dedupe_key="late")
    db.session.commit()
    drain()
    assert late is None or db.session.get(type(late), late.id, populate_existing=True).state == "skipped"


def test_the_copy_holds_what_every_table_says(app, desk, quilla):
    reply = desk.get(f"/people/{quilla.public_id}/everything.zip")
    archive = zipfile.ZipFile(io.BytesIO(reply.data))
    tables = json.loads(archive.read("person.json"))
    assert tables["people"][0]["email"] == EMAIL and tables["notes"][0]["body"] == "Left for Lisbon canary"
    assert [row["amount"] for row in tables["payments"]] == [4900, 4900]
    assert {"README.txt", "person.json", "people.csv", "payments.csv", "events.csv"} <= set(archive.namelist())
    assert b"Lisbon" in archive.read("notes.csv")


def test_only_those_who_may_export_or_erase(visitor_desk, quilla):
    assert visitor_desk.get(f"/people/{quilla.public_id}/everything.zip").status_code == 403
    assert visitor_desk.post(f"/people/{quilla.public_id}/erasure").status_code == 403
    assert "Erase" not in visitor_desk.get(f"/people/{quilla.public_id}").text


TEAM = {"users", "sign_ins", "sign_in_links", "audits", "seats"}                 # the creator's own people
ELSEWHERE = {"people", "deliveries", "idempotent_calls", "suppressions", "jobs"}    # by erasing itself or a listener


def test_every_table_that_could_name_somebody_is_known(app):
    telling = {"email", "phone", "person_id", "address", "ip", "username", "customer", "evidence"}
    for mapper in db.Model.registry.mappers:
        columns = {column.key for column in inspect(mapper.class_).column_attrs}
        if columns & telling and mapper.class_.__tablename__ not in TEAM | ELSEWHERE:
            assert mapper.class_.__tablename__ in privacy.TELLING, f"{mapper.class_.__name__} holds {columns & telling}"
