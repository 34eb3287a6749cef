"""Custom fields of five kinds: made, filled in, checked, changed and let go."""
import pytest
from sqlalchemy import select

from app.labels import alter_field, make_field, remove_field
from app.people import PERSON, BadEntry, CustomField, Person, change_fields
from app.spine.db import db
from app.spine.events import Event
from app.spine.jobs import drain

READ = [("text", " hello ", "hello"), ("number", "1,200", 1200), ("number", "3.5", 3.5), ("number", "-2", -2),
        ("date", "2026-03-01", "2026-03-01"), ("bool", "yes", True), ("bool", False, False), ("choice", "red", "Red"),
        ("text", "", None), ("number", None, None)]
REFUSED = [("number", "many", "is a number"), ("number", "nan", "is a number"), ("number", "9" * 20, "is a number"),
           ("number", True, "is a number"), ("date", "tomorrow", "is a date"), ("bool", "perhaps", "is yes or no"),
           ("choice", "green", "is one of Red, Blue"), ("text", "x" * 2001, "at most 2,000"), ("text", ["a"], "single")]


def field(kind) -> CustomField:
    return make_field("Thing", kind, ("Red", "Blue", "Red", " "))


@pytest.mark.parametrize(("kind", "typed", "kept"), READ)
def test_what_is_typed_is_read_by_its_kind(account, kind, typed, kept):
    found = field(kind).read(typed)
    assert found == kept and type(found) is type(kept)


@pytest.mark.parametrize(("kind", "typed", "words"), REFUSED)
def test_what_does_not_fit_is_refused_in_words(account, kind, typed, words):
    with pytest.raises(ValueError, match=words):
        field(kind).read(typed)


def test_fields_have_an_order_a_name_and_choices_of_their_own(account):
    one, two = make_field("Shoe size", "number"), make_field("Größe 2")
    assert [found.key for found in CustomField.all()] == ["shoe_size", "größe_2"]
    for label, kind, choices, words in (("shoe  SIZE", "text", (), "already"), ("!?", "text", (), "letters or digits"),
                                        ("A", "money", (), "kind of value"), ("B", "choice", (), "1 to 100 choices")):
        with pytest.raises(ValueError, match=words):
            make_field(label, kind, choices)
    assert one.place < two.place


def test_a_kind_changes_only_when_every_value_fits(ana, bo):
    one = make_field("Level")
    change_fields(ana, {"level": "12"})
    change_fields(bo, {"level": "high"})
    db.session.commit()
    with pytest.raises(ValueError, match="1 person has a value here that is no number"):
        alter_field(one, "Level", "number")
    db.session.rollback()
    change_fields(bo, {"level": "3"})
    alter_field(CustomField.find("level"), "Level", "number")
    assert CustomField.find("level").kind == "number"


def test_values_by_hand_are_told_and_asked_for(ana, bo):
    make_field("Shoe size", "number")
    assert change_fields(ana, {"shoe_size": "38"}) == ["custom.shoe_size"] and ana.custom == {"shoe_size": 38}
    assert change_fields(ana, {"shoe_size": 38}) == []
    with pytest.raises(BadEntry, match="no field with this name"):
        change_fields(ana, {"hat": "1"})
    told = db.session.scalars(select(Event.data).where(Event.kind == "person.updated")).all()
    assert told[-1] == {"fields": "shoe size"}
    tree = {"field": "custom.shoe_size", "op": "gt", "value": 37}
    assert db.session.scalars(Person.matching(tree)).all() == [ana] and PERSON.matches(tree, ana)
    change_fields(ana, {"shoe_size": ""})
    assert ana.custom == {}


def test_a_deleted_field_takes_its_values_along(ana, bo):
    one = make_field("Größe")
    change_fields(ana, {"größe": "L"})
    ana.custom = {**ana.custom, "other": "stays"}
    db.session.commit()
    remove_field(one)
    db.session.commit()
    drain()
    db.session.expire_all()
    assert ana.custom == {"other": "stays"} and CustomField.all() == []


def test_the_settings_page(desk, ana):
    assert "No fields yet" in desk.get("/settings/fields").text
    form = {"label": "Level", "kind": "choice", "choices": "Low\nHigh"}
    assert desk.post("/settings/fields", data=form).status_code == 303
    assert desk.post("/settings/fields", data=form).status_code == 422
    assert desk.post("/settings/fields", data={"label": "Size", "kind": "number"}).status_code == 303
    change_fields(ana, {"level": "high"})
    db.session.commit()
    page = desk.get("/settings/fields").text
    assert "Low, High" in page and "custom.level" in page
    assert "1 person has a value" in desk.get("/settings/fields/level").text
    refused = desk.post("/settings/fields/level", data={"label": "Level", "kind": "choice", "choices": "Low"})
    assert refused.status_code == 422 and "no choice of this field" in refused.text
    assert desk.post("/settings/fields/size/place", data={"to": "up"}).status_code == 303
    assert [field.key for field in CustomField.all()] == ["size", "level"]
    assert desk.post("/settings/fields/level/removal").status_code == 303
    assert desk.get("/settings/fields/level").status_code == 404
    drain()
    db.session.expire_all()
    assert ana.custom == {}


def test_a_field_is_changed_in_place_and_on_the_form(desk, ana, htmx):
    make_field("Shoe size", "number")
    make_field("Newsletter", "bool")
    db.session.commit()
    here = f"/people/{ana.public_id}"
    open_part = desk.get(f"{here}/fields/shoe_size", headers=htmx)
    assert 'name="custom.shoe_size"' in open_part.text and "<h1>" not in open_part.text
    assert "<h1>" in desk.get(f"{here}/fields/shoe_size").text
    wrong = desk.post(f"{here}/fields/shoe_size", data={"custom.shoe_size": "big"}, headers=htmx)
    assert wrong.status_code == 422 and "is a number" in wrong.text and 'value="big"' in wrong.text
    done = desk.post(f"{here}/fields/shoe_size", data={"custom.shoe_size": "38"}, headers=htmx)
    assert done.status_code == 200 and "38" in done.text and "<form" not in done.text
    assert desk.post(f"{here}/fields/shoe_size", data={"custom.shoe_size": "39"}).status_code == 303
    form = {"name": "Ana Lima", "email": "ana@x.example", "custom.shoe_size": "x", "custom.newsletter": "yes",
            "address.street": "Rua 1", "address.city": "Porto"}
    refused = desk.post(here, data=form)
    assert refused.status_code == 422 and 'href="#custom-shoe_size"' in refused.text
    assert desk.post(here, data={**form, "custom.shoe_size": "40"}).status_code == 303
    db.session.expire_all()
    assert ana.custom == {"shoe_size": 40, "newsletter": True}
    assert ana.address == {"street": "Rua 1", "city": "Porto"}
    shown = desk.get(here).text
    assert "Rua 1, Porto" in shown and ">Yes" in shown
    made = desk.post("/people", data={"name": "Cy", "email": "cy@x.example", "custom.shoe_size": "44"})
    cy = db.session.scalar(select(Person).where(Person.email == "cy@x.example"))
    assert made.status_code == 303 and cy.custom == {"shoe_size": 44}
