"""The list of people through its door."""
import csv
import io
import re

import pytest
from sqlalchemy import select

from app.people import Person, Tag
from app.segments import Segment
from app.spine.db import as_account, db


def names(answer):
    return re.findall(r'<a class="name plain" href="[^"]+">([^<]+)</a>', answer.text)


def test_the_page_and_its_part_share_one_address(desk, ana, bo, htmx):
    whole, part = desk.get("/people?q=émile"), desk.get("/people?q=émile", headers=htmx)
    assert "<h1>" in whole.text and "<h1>" not in part.text
    assert names(whole) == names(part) == ["Ana Émile Lima"]
    assert "$129" in part.text and "Pro monthly" in part.text


def test_tabs_filters_and_orders(desk, ana, bo):
    ana.tag("VIP")
    rich = Segment(name="Rich", condition={"field": "total_spent", "op": "gt", "value": 5000})
    db.session.add(rich)
    db.session.commit()
    tag, segment = db.session.scalar(select(Tag)).public_id, rich.public_id
    for query, wanted in (("", ["Ana Émile Lima", "=cmd Bo"]), ("stage=lead", ["=cmd Bo"]), ("stage=former", []),
                          ("sort=name", ["=cmd Bo", "Ana Émile Lima"]), (f"tag={tag}", ["Ana Émile Lima"]),
                          (f"segment={segment}", ["Ana Émile Lima"]), (f"tag={tag}&stage=lead", []),
                          ("sort=nonsense&stage=nonsense", ["Ana Émile Lima", "=cmd Bo"])):
        assert names(desk.get(f"/people?{query}")) == wanted, query
    assert desk.get("/people?tag=tag_nowhere").status_code == 404


def test_empty_rooms_say_what_to_do(desk):
    assert "Nobody yet" in desk.get("/people").text
    assert "Nobody here matches “zoë”" in desk.get("/people?q=zoë").text


def test_pages_follow_one_another(desk, account):
    for i in range(120):
        db.session.add(Person(name=f"P{i:03}", email=f"p{i}@x.example"))
    db.session.commit()
    seen, address = [], "/people?sort=name"
    while address:
        answer = desk.get(address)
        seen += names(answer)
        link = re.search(r'href="([^"]+)">Next', answer.text)
        address = link and link.group(1).replace("&amp;", "&")
    assert seen == [f"P{i:03}" for i in range(120)]
    assert desk.get("/people?cursor=nonsense").status_code == 400


def test_the_export_is_safe_and_follows_the_filter(desk, ana, bo):
    bo.tag("=Tag")
    db.session.commit()
    answer = desk.get("/people/export.csv?stage=lead")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["name", "email", "username", "status", "plan", "revenue", "joined", "last active", "tags"]
    assert rows[1][0] == "'=cmd Bo" and rows[1][-1] == "'=Tag" and len(rows) == 2
    assert "attachment" in answer.headers["Content-Disposition"]
    whole = list(csv.reader(io.StringIO(desk.get("/people/export.csv").text)))
    assert whole[1][4:7] == ["Pro monthly", "129.00", "2026-01-05T10:00:00Z"]


def test_who_may_only_look_changes_nothing(visitor_desk, ana):
    assert names(visitor_desk.get("/people")) == ["Ana Émile Lima"]
    assert "Add person" not in visitor_desk.get("/people").text
    for address in ("/people", "/bulk", f"/people/{ana.public_id}", f"/people/{ana.public_id}/tags",
                    f"/people/{ana.public_id}/notes"):
        assert visitor_desk.post(address, data={"name": "x", "body": "x"}).status_code == 403
    assert visitor_desk.get("/people/export.csv").status_code == 403 == visitor_desk.get("/people/new").status_code


def test_other_accounts_are_not_there(desk, ana, other_account):
    with as_account(other_account.id):
        foreign = Person(name="Foreign Fay", email="fay@x.example")
        db.session.add(foreign)
        db.session.flush()
        foreign.tag("Foreign")
        address = foreign.public_id
        db.session.commit()
    assert "Fay" not in desk.get("/people").text and "Fay" not in desk.get("/people/export.csv").text
    assert desk.get(f"/people/{address}").status_code == 404 == desk.get("/people/per_absent").status_code


def test_strangers_sign_in_first(client):
    assert client.get("/people").status_code == 303


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "'; drop table people; --", "%", "\x00", "x" * 5000])
def test_strange_searches_are_only_words(desk, ana, words):
    answer = desk.get("/people", query_string={"q": words})
    assert answer.status_code == 200 and "<script>alert" not in answer.text


def test_kept_counts_follow_every_change(desk, ana, bo):
    def told():
        answer = desk.get("/people?q=a")
        return [int(n) for n in re.findall(r'class="count">(\d+)<', answer.text.split('aria-label="Stage"')[1])][:2], (
            re.search(r"(\d+) \w+ found", answer.text)[1])
    before = told()
    assert told() == before
    db.session.add(Person(name="Cara Adams", stage="member"))
    db.session.commit()
    after = told()
    assert after[0] == [number + 1 for number in before[0]] and int(after[1]) == int(before[1]) + 1
