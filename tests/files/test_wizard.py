"""A file through the wizard: recognised, mapped, tried and taken in."""
import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import OperationalError

from app.connections import Column, Import, importing
from app.connections import wizard as steps
from app.connections.files.imports import jobs
from app.kit.clock import real_now
from app.people import Person, meet
from app.spine.db import db
from app.spine.facts import PersonRef
from app.spine.jobs import Job, drain

GERMAN = ("Vorname;Nachname;E-Mail-Adresse;Umsatz;Beigetreten;Schuhgröße\n"
          "Änne;Öz;aenne@x.example;1.234,50;31.12.2025;38\n"
          "Bo;Berg;bo@x.example;99,00 €;30.12.2025;\n")
SIMPLE = "email,name\nana@x.example,Ana\nbo@x.example,Bo\n"
STRIPE = ("id,Description,Email,Name,Created (UTC),Delinquent,Card ID,Currency,Total Spend,Payment Count,Plan,Status,"
          "planet (metadata)\n"
          "cus_1,,ana@x.example,Ana Lima,2026-01-05 10:00,false,card_1,usd,1234.50,12,price_1,active,Mars\n"
          "cus_2,,bo@x.example,Bo,2026-01-06 10:00,false,,jpy,5000,2,,incomplete_expired,\n")
WHOP = ("Username,Name,Email,User ID,Membership ID,Status,Product,Joined at,Total spend\n"
        "anal,Ana Lima,ana@x.example,user_1,mem_1,active,Club,2026-01-05T10:00:00Z,49.00\n"
        "bo,Bo,bo@x.example,user_2,mem_2,churned,Club,2026-01-05T10:00:00Z,0\n")


def person(email) -> Person:
    return db.session.scalar(select(Person).where(Person.email == email))


def everyone() -> int:
    return db.session.scalar(select(func.count()).select_from(Person))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_another_language_other_signs_and_amounts(wizard, encoding):
    assert wizard.take(GERMAN.encode(encoding)) == {"created": 2, "updated": 0, "unchanged": 0, "skipped": 0}
    assert person("bo@x.example").total_spent == 0, "euros are not added to dollars"
    one = person("aenne@x.example")
    assert (one.name, one.total_spent, one.joined_at.day, one.custom) == ("Änne Öz", 123450, 31, {"schuhgröße": "38"})
    assert "Taken in" in wizard.page and "Undo this import" in wizard.page


def test_customers_of_stripe(wizard):
    wizard.bring(STRIPE)
    assert "Stripe customers export" in wizard.page
    wizard.check()
    wizard.run()
    ana, bo = person("ana@x.example"), person("bo@x.example")
    assert (ana.total_spent, ana.payments_count, ana.membership_status, ana.custom) == (123450, 12, "active", {})
    assert ana.joined_at.hour == 10 and bo.membership_status == "expired"
    assert bo.total_spent == 0, "yen are not added to dollars"
    assert meet(PersonRef(stripe="cus_1"), "stripe").id == ana.id


def test_members_of_whop(wizard):
    wizard.bring(WHOP)
    assert "Whop members export" in wizard.page
    wizard.check()
    wizard.run()
    ana, bo = person("ana@x.example"), person("bo@x.example")
    assert (ana.username, ana.total_spent, ana.plan_id, bo.membership_status) == ("anal", 4900, "Club", "canceled")
    assert meet(PersonRef(whop_user="user_1"), "whop").id == ana.id


@pytest.mark.parametrize(("text", "why"), [
    ("", "The file is empty"), ("\n \n", "The file is empty"), ("email,name\n", "no rows below them"),
    (b"PK\x03\x04xl", "an Excel or Numbers file"), (b"%PDF-1.7", "a PDF")])
def test_some_files_are_refused_in_words(wizard, text, why):
    answer = wizard.bring(text)
    assert answer.status_code == 422 and why in answer.text
    assert db.session.scalar(select(func.count()).select_from(Import)) == 0


def test_nothing_chosen(desk):
    assert "Choose a file, or paste" in desk.post("/settings/imports", data={}).text


def test_a_gigabyte_is_refused_before_it_is_read(desk, client):
    class Never(io.RawIOBase):
        def readable(self):
            return True

        def read(self, size=-1):
            raise AssertionError("the body was read")
    said = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.input": Never(), "CONTENT_LENGTH": str(1 << 30)}
    answer = desk.open("/settings/imports", method="POST", headers={"X-CSRFToken": desk.csrf()}, environ_overrides=said)
    assert answer.status_code == 413 and "over 200 MB" in answer.text
    stranger = client.open("/settings/imports", method="POST", environ_overrides={**said, "CONTENT_LENGTH": "5000"})
    assert stranger.status_code == 303, "and a stranger's not at all"


def test_pasted_rows(desk, wizard):
    answer = desk.post("/settings/imports", data={"pasted": "E-Mail\tName\nana@x.example\tAna\n"})
    wizard.address = answer.location
    assert wizard.one.table["delimiter"] == "\t" and wizard.check().status_code == 303
    assert wizard.run().status_code == 303 and person("ana@x.example").name == "Ana"


def test_odd_rows_are_said_and_can_be_mended(wizard):
    text = ('Email,Name,Email,\nana@x.example,"Ana\nLima",second@x.example,\x00x\nbo@x.example,Bo\n\n=1+1,Cy,,\n'
            "dee@x.example,Dee,,,,\n")
    wizard.bring(text)
    page = wizard.page
    assert "The column Email comes twice" in page and "Column 4 has no name" in page and "NUL characters" in page
    wizard.check()
    assert wizard.one.checked == {"created": 2, "updated": 0, "unchanged": 0, "skipped": 2}
    assert "2 cells where the header has 4" in wizard.page
    refused = list(csv.reader(io.StringIO(wizard.desk.get(f"{wizard.address}/refused.csv").text)))
    assert refused[0] == ["row", "reason", "Email", "Name", "Email (3)", "Column 4"]
    assert refused[1][:2] == ["3", "2 cells where the header has 4"] and refused[2][2] == "'=1+1"
    wizard.run()
    assert wizard.one.counts == wizard.one.checked and person("ana@x.example").name == "Ana Lima"
    assert person("ana@x.example").custom == {"email_3": "second@x.example", "column_4": "x"}


def test_columns_are_mapped_by_hand(wizard):
    wizard.bring("a,b,c\nana@x.example,Ana,secret\n")
    assert wizard.one.mapping["a"] == "email", "by what stands in it"
    answer = wizard.check(**{"to-0": "leave"})
    assert answer.status_code == 422 and "No column says" in answer.text
    answer = wizard.check(**{"to-1": "email"})
    assert answer.status_code == 422 and "Two columns go to Email" in answer.text
    assert wizard.check(origin=" ").status_code == 422 and wizard.check(**{"to-1": "moon"}).status_code == 422
    assert wizard.check(**{"to-1": "name", "to-2": "leave"}).status_code == 303
    wizard.run()
    assert (person("ana@x.example").name, person("ana@x.example").custom) == ("Ana", {})


def test_dates_that_could_be_either_are_asked_about(wizard):
    wizard.bring("email,joined\nana@x.example,03/04/2026\n")
    assert "could be read either way" in wizard.page
    wizard.check(dates="mdy")
    wizard.run()
    assert (person("ana@x.example").joined_at.month, person("ana@x.example").joined_at.day) == (3, 4)


def test_letters_are_chosen_anew(wizard):
    wizard.bring("email,name\nana@x.example,Zoë\n".encode("latin-1"))
    assert wizard.one.table["encoding"] == "cp1252" and "Zoë" in wizard.page
    form = wizard.form(encoding="utf-8", delimiter=",", kind="people")
    refused = wizard.desk.post(f"{wizard.address}/mapping", data=form)
    assert refused.status_code in (303, 422)
    form = wizard.form(encoding="latin-1", delimiter=",", kind="people")
    again = wizard.desk.post(f"{wizard.address}/mapping", data=form)
    assert again.status_code == 303 and wizard.one.table["encoding"] == "latin-1" and "Zoë" in wizard.page


def test_a_dry_run_changes_nothing_and_counts_right(wizard, tables):
    meet(PersonRef(email="ana@x.example", name="Ana"), "whop")
    db.session.commit()
    before = tables()
    far = "".join(f"p{number}@x.example,P,\n" for number in range(600))
    wizard.bring("email,name,member id\nana@x.example,Ana L,\nnew@x.example,New,m1\n" + far
                 + ",New,m1\nnew@x.example,Newer,\nnope,,\n")
    wizard.check()
    assert wizard.one.checked == {"created": 601, "updated": 2, "unchanged": 1, "skipped": 1}
    after = tables()
    assert {name: after[name] for name in before if before[name] != after[name]} == {}
    wizard.run()
    assert wizard.one.counts == wizard.one.checked and everyone() == 602


def test_scripts_in_headers_and_cells_are_words(wizard):
    evil = "<script>alert(1)</script>"
    wizard.bring(f'email,"{evil}"\nana@x.example,{evil}\n"{evil}",x\n', f"{evil}.csv")
    assert evil not in wizard.page and "&lt;script&gt;" in wizard.page
    wizard.check()
    assert evil not in wizard.page
    wizard.run()
    assert evil not in wizard.page and evil not in wizard.desk.get("/settings/imports").text
    assert evil not in wizard.desk.get(f"/people/{person('ana@x.example').public_id}").text


def test_a_step_out_of_turn_is_refused(wizard, other_account, visitor_desk):
    wizard.bring(SIMPLE)
    assert wizard.desk.post(f"{wizard.address}/run").status_code == 409, "nobody said where they come from"
    assert wizard.desk.post(f"{wizard.address}/reversal").status_code == 409
    assert visitor_desk.get(wizard.address).status_code == 403
    wizard.desk.post(f"{wizard.address}/mapping", data=wizard.form())
    assert wizard.one.state == "checking" and wizard.desk.post(f"{wizard.address}/run").status_code == 409
    part = wizard.desk.get(wizard.address, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "Checking people.csv" in part.text and "<h1>" not in part.text
    wizard.desk.post(f"{wizard.address}/cancellation")
    drain()
    assert wizard.one.state == "mapping" and everyone() == 0
    wizard.desk.post(f"{wizard.address}/cancellation")
    assert wizard.one.state == "canceled" and wizard.desk.post(f"{wizard.address}/run").status_code == 409
    assert wizard.desk.get("/settings/imports/imp_absent").status_code == 404


def test_an_import_is_stopped_half_way(wizard, monkeypatch):
    from app.connections.files.imports import taking
    monkeypatch.setattr(taking, "SLICE", 0)
    wizard.bring("email\n" + "".join(f"p{number}@x.example\n" for number in range(1200)))
    wizard.check()
    wizard.desk.post(f"{wizard.address}/run")
    one = wizard.one
    assert taking.run(one, 0) is True and one.counts["created"] == 500
    part = wizard.desk.get(wizard.address, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "500 of 1,200" in part.text
    wizard.desk.post(f"{wizard.address}/cancellation")
    drain()
    assert wizard.one.state == "canceled" and everyone() == 500
    wizard.undo()
    assert wizard.one.state == "reversed" and everyone() == 0


def test_who_is_erased_leaves_no_refused_row(wizard):
    wizard.take("email,name,joined\nana@x.example,Ana,2026-01-05\nana@x.example,Ana,never\n")
    assert "ana@x.example" in wizard.desk.get(f"{wizard.address}/refused.csv").text
    from app.people import erase
    erase(person("ana@x.example"))
    db.session.commit()
    assert wizard.desk.get(f"{wizard.address}/refused.csv").text == ""


def test_another_accounts_import_is_not_there(wizard, app, other_account):
    from tests.conftest import sign_in
    wizard.bring(SIMPLE)
    rival = sign_in(app, other_account, "company_owner", "rae@rival.test")
    assert rival.get(wizard.address).status_code == 404
    assert rival.post(f"{wizard.address}/run").status_code == 404
    assert SIMPLE and "people.csv" not in rival.get("/settings/imports").text
    assert steps.offered().keys() == {"people", "activity", "memberships", "payments"}


def test_a_hundred_thousand_rows(wizard, monkeypatch):
    """All the way, with a kind that keeps nothing: what the wizard itself does with that many."""
    seen = []

    @importing.imports("shoes", needs=("size",), columns=("size", "pair"), label="Shoes", shown=(
                       Column("size", "Size"), Column("pair", "Pair")), alike=lambda row: [row.cells.get("pair")])
    def shoes(chunk):
        seen.append(len(chunk.rows))
        chunk.count("created", len(chunk.rows))
    try:
        wizard.bring("size,pair\n" + "".join(f"{number % 50},{number % 60_000}\n" for number in range(100_000)))
        assert wizard.one.kind == "shoes" and wizard.check().status_code == 303
        assert wizard.one.checked["created"] == 100_000 and sum(seen) == 100_000
        seen.clear()
        wizard.run()
        assert wizard.one.counts["created"] == 100_000 and seen == [500] * 200
    finally:
        del importing.KINDS["shoes"]


def test_work_whose_job_was_lost_gets_one(wizard):
    wizard.bring(SIMPLE)
    wizard.desk.post(f"{wizard.address}/mapping", data=wizard.form())
    db.session.execute(delete(Job))
    db.session.commit()
    jobs.sweep()
    db.session.commit()
    drain()
    assert wizard.one.state == "checked"


def test_a_database_that_is_busy_refuses_no_row(wizard, monkeypatch):
    wizard.bring(SIMPLE)
    wizard.check()
    real = importing.KINDS["people"]

    def busy(chunk):
        raise OperationalError("INSERT", None, Exception("database is locked"))
    monkeypatch.setitem(importing.KINDS, "people", replace(real, take=busy))
    wizard.run()
    assert wizard.one.state == "running" and wizard.one.counts == {}
    monkeypatch.setitem(importing.KINDS, "people", real)
    db.session.execute(update(Job).values(run_at=real_now()))
    db.session.commit()
    drain()
    assert wizard.one.state == "done" and everyone() == 2


def test_uploads_nobody_went_on_with_are_let_go(wizard, app):
    wizard.bring(SIMPLE)
    wizard.one.created_at -= timedelta(days=8)
    db.session.commit()
    jobs.forget_abandoned()
    db.session.commit()
    assert wizard.one.state == "canceled"
