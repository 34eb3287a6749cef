"""One person's page: facts, tags, notes, timeline, the form."""
import json
import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.people import Note, Person, meet
from app.spine.db import db
from app.spine.events import record
from app.spine.facts import PersonFact, PersonRef, absorb
from app.spine.slots import _slots, fills


def test_the_page_tells_what_is_known(desk, ana):
    ana.custom = {"shoe_size": "38"}
    db.session.commit()
    text = desk.get(f"/people/{ana.public_id}").text
    for words in ("Ana Émile Lima", "ana@x.example", "Pro monthly", "$129.00 in 3 payments", "Active", "Shoe size",
                  "user_ana", "Added from whop"):
        assert words in text


def test_other_domains_have_their_place(desk, ana):
    def why(person):
        return f"<p>Why {person.first_name}</p>"

    def silent(person):
        return None

    def shoes(person):
        return "Shoes", "Altra"
    before = dict(_slots)
    try:
        fills("person.panel", 1, title="Risk", column="main")(why)
        fills("person.panel", 2, title="Silent", column="aside")(silent)
        fills("person.fact", 1)(shoes)
        text = desk.get(f"/people/{ana.public_id}").text
    finally:
        _slots.clear()
        _slots.update(before)
    assert "<p>Why Ana</p>" in text and "Silent" not in text and "Altra" in text


def test_tags_come_and_go_on_the_spot(desk, ana, htmx):
    part = desk.post(f"/people/{ana.public_id}/tags", data={"name": "VIP"}, headers=htmx)
    assert part.status_code == 200 and "VIP" in part.text and "<h1>" not in part.text
    away = re.search(r'action="([^"]+removal)"', part.text).group(1)
    assert "Remove tag VIP" not in desk.post(away, headers=htmx).text
    assert desk.post(f"/people/{ana.public_id}/tags", data={"name": "Plain"}).status_code == 303
    refused = desk.post(f"/people/{ana.public_id}/tags", data={"name": "a|b"}, headers=htmx)
    assert refused.status_code == 422 and "no vertical bar" in refused.text
    assert desk.post(f"/people/{ana.public_id}/tags", data={"name": ""}).status_code == 422


def test_notes_are_written_changed_pinned_and_deleted(desk, ana, bo, htmx):
    home = f"/people/{ana.public_id}/notes"
    part = desk.post(home, data={"body": "Runs **hills**"}, headers=htmx)
    assert "<strong>hills</strong>" in part.text and "Olu" in part.text
    note = db.session.scalars(select(Note)).one()
    assert desk.post(home, data={"body": " "}, headers=htmx).status_code == 422
    assert "Runs **hills**" in desk.get(f"{home}/{note.public_id}").text
    assert desk.post(f"{home}/{note.public_id}", data={"body": ""}).status_code == 422
    assert desk.post(f"{home}/{note.public_id}", data={"body": "Runs flat"}).status_code == 303
    assert "Unpin" in desk.post(f"{home}/{note.public_id}/pin", headers=htmx).text
    assert desk.post(f"/people/{bo.public_id}/notes/{note.public_id}/removal").status_code == 404
    gone = desk.post(f"{home}/{note.public_id}/removal", headers=htmx)
    back = json.loads(gone.headers["HX-Trigger"])["toast"]["undo"]
    assert "Runs flat" not in gone.text and ana.notes == []
    assert "left a note, deleted since" in desk.get(f"/people/{ana.public_id}").text
    assert desk.post(back).status_code == 303 and [one.body for one in ana.notes] == ["Runs flat"]
    assert "edited" in desk.get(f"/people/{ana.public_id}").text


def test_the_timeline_goes_back_and_narrows(desk, ana, htmx):
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for i in range(30):
        record("activity.post", ana, at=start + timedelta(hours=i), title=f"Post {i:02}")
    record("note.added", ana, at=start)
    db.session.commit()
    here = f"/people/{ana.public_id}"
    first = desk.get(f"{here}?group=activity")
    assert "Post 29" in first.text and "Post 09" not in first.text and "A note was written" not in first.text
    older = re.search(r'hx-get="([^"]+cursor[^"]+)"', first.text).group(1).replace("&amp;", "&")
    part = desk.get(older, headers=htmx)
    assert "Post 09" in part.text and "Post 10" not in part.text and "<h1>" not in part.text
    assert "<h2" in desk.get(f"{here}?group=notes", headers=htmx).text
    assert "Nothing of this kind yet" in desk.get(f"{here}?group=messages").text
    assert desk.get(f"{here}?cursor=x").status_code == 400


def test_a_person_is_added_by_hand(desk, account):
    answer = desk.post("/people", data={"name": "Cy Young", "email": "CY@x.example", "country": "pt"})
    cy = db.session.scalars(select(Person)).one()
    assert answer.status_code == 303 and answer.location.endswith(cy.public_id)
    assert (cy.email, cy.country, cy.stage) == ("cy@x.example", "PT", "lead")
    assert (cy.lead_status, cy.lead_source) == ("new", "hand")
    assert meet(PersonRef(email="cy@x.example"), "whop") is cy


def test_a_wrong_form_comes_back_with_what_was_typed(desk, ana):
    answer = desk.post("/people", data={"name": "Dee", "email": "nope", "phone": "1", "country": "Portugal",
                                        "timezone": "Mars/Base"})
    assert answer.status_code == 422 and 'value="Dee"' in answer.text
    for words in ("not an email address", "six digits", "two letters", "Europe/Lisbon"):
        assert words in answer.text
    assert "know this person by" in desk.post("/people", data={"name": "Dee"}).text
    assert "known by this email" in desk.post("/people", data={"email": "ana@x.example"}).text


def test_what_a_human_typed_stays(desk, ana, bo):
    edit = f"/people/{ana.public_id}"
    assert 'value="Ana Émile Lima"' in desk.get(f"{edit}/edit").text
    form = {"name": "Ana L.", "email": "ana@new.example", "phone": "", "username": "", "country": "", "timezone": ""}
    assert desk.post(edit, data=form).status_code == 303
    absorb(PersonFact(PersonRef(whop_user="user_ana", name="ANA LIMA", email="ana@x.example"),
                      datetime(2027, 1, 1, tzinfo=UTC)), "whop")
    assert (ana.name, ana.email, ana.phone) == ("Ana L.", "ana@new.example", None)
    taken = desk.post(edit, data={**form, "email": "bo@x.example"})
    assert taken.status_code == 422 and "This belongs to =cmd Bo" in taken.text


def test_a_merged_person_leads_on(desk, ana, bo):
    bo.merged_into_id = ana.id
    db.session.commit()
    assert desk.get(f"/people/{bo.public_id}").location.endswith(ana.public_id)
