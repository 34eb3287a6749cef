"""The search of the top bar."""
import re


def test_it_answers_while_one_types(desk, ana, bo, htmx):
    answer = desk.get("/people/found?q=ana", headers=htmx)
    assert re.findall(r'href="(/people/per_[^"]+)"', answer.text) == [f"/people/{ana.public_id}"]
    assert "Active" in answer.text and "Pro monthly" in answer.text and "/people?q=ana" in answer.text
    assert "Nobody matches “zoë”" in desk.get("/people/found?q=zoë", headers=htmx).text
    assert desk.get("/people/found?q=", headers=htmx).text.strip() == ""
    assert 'hx-get="/people/found"' in desk.get("/people").text


def test_at_most_seven_and_only_ours(desk, account, other_account, htmx):
    from app.people import Person
    from app.spine.db import as_account, db
    db.session.add_all(Person(name=f"Twin {n}", email=f"twin{n}@x.example") for n in range(9))
    with as_account(other_account.id):
        db.session.add(Person(name="Twin elsewhere", email="twin@rival.example"))
        db.session.commit()
    text = desk.get("/people/found?q=twin", headers=htmx).text
    assert text.count("/people/per_") == 7 and "elsewhere" not in text


def test_strangers_find_nobody(client):
    assert client.get("/people/found?q=a").status_code == 303


def test_a_list_can_become_a_segment(desk, ana, bo):
    ana.tag("VIP")
    listed = desk.get("/people?stage=member").text
    assert "/segments/new?stage=member" in listed
    [tag] = ana.tags
    form = desk.get(f"/segments/new?stage=member&tag={tag.public_id}").text
    assert "Stage is Member and tags include “VIP”." in form and "1 person matches" in form


def test_risk_is_a_column_once_somebody_has_one(desk, bo):
    assert ">Risk" not in desk.get("/people").text
    bo.risk_score = 40
    from app.spine.db import db
    db.session.commit()
    assert ">Risk" in desk.get("/people").text
