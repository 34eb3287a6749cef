"""Tags renamed, recoloured, merged, deleted and brought back; an old name goes on meaning the tag."""
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.automations import Automation
from app.kit.clock import frozen, now
from app.labels import TagRemoval, worn
from app.merging import merge
from app.people import COLOURS, PERSON, Person, Tag, Tagging, erase
from app.segments import Segment
from app.spine.db import db

VIP = {"field": "tags", "op": "has", "value": "vip"}


def found(tree=VIP) -> set:
    people = set(db.session.scalars(Person.matching(tree)))
    assert people == {one for one in db.session.scalars(Person.everyone()) if PERSON.matches(tree, one)}
    return people


def test_a_new_tag_has_a_colour_of_its_own(ana):
    ana.tag("VIP")
    ana.tag("Runner")
    vip, runner = Tag.named("vip"), Tag.named("Runner")
    assert {vip.colour, runner.colour} <= set(COLOURS) and vip.colour != runner.colour
    vip.recolour("sky")
    assert vip.paint == "t1"
    with pytest.raises(ValueError, match="colours"):
        vip.recolour("#ff0000")


def test_a_renamed_tag_answers_to_its_old_name(ana, bo):
    ana.tag("VIP")
    tag = Tag.named("VIP")
    tag.rename("Gold")
    db.session.commit()
    assert found() == {ana} == found({**VIP, "value": "Gold"})
    bo.tag("vip")                                     # as a file or an old playbook would
    assert [one.name for one in bo.tags] == ["Gold"] and found() == {ana, bo}
    assert bo.untag("VIP") and found() == {ana}
    other = Tag.named("Silver")
    with pytest.raises(ValueError, match="Merge the two"):
        other.rename("gold")
    other.rename("VIP")                               # the name goes over, and what it means with it
    db.session.commit()
    assert found() == set() and tag.keys == ["gold"]


def test_a_merged_tag_leaves_its_name_and_comes_back_as_it_was(ana, bo):
    ana.tag("VIP")
    bo.tag("VIP")
    bo.tag("Gold")
    db.session.commit()
    removal = TagRemoval.of(Tag.named("VIP"), Tag.named("Gold"))
    db.session.commit()
    gold = Tag.named("Gold")
    assert worn() == {gold.id: 2} and found() == {ana, bo} and gold.keys == ["gold", "vip"]
    removal.undo()
    db.session.commit()
    assert [tag.name for tag in ana.tags] == ["VIP"] and [tag.name for tag in bo.tags] == ["Gold", "VIP"]
    assert gold.keys == ["gold"] and db.session.scalars(select(TagRemoval)).all() == []
    with pytest.raises(ValueError, match="another tag"):
        TagRemoval.of(gold, gold)


def test_a_deleted_tag_comes_back_to_those_who_are_still_here(ana, bo):
    ana.tag("VIP")
    bo.tag("VIP")
    db.session.commit()
    removal = TagRemoval.of(Tag.named("VIP"))
    assert found() == set()
    erase(bo)
    removal.undo()
    db.session.commit()
    assert found() == {ana} and db.session.scalars(select(Tagging.person_id)).all() == [ana.id]


def test_after_thirty_days_or_under_a_new_tag_it_stays_gone(ana):
    with frozen(now()) as forward:
        ana.tag("VIP")
        removal = TagRemoval.of(Tag.named("VIP"))
        Tag.named("VIP")
        with pytest.raises(ValueError, match="new tag"):
            removal.undo()
        forward(days=31)
        with pytest.raises(ValueError, match="too long ago"):
            removal.undo()
        assert removal.created_at < now() - timedelta(days=30)


def test_merged_people_are_counted_once(ana, bo):
    ana.tag("VIP")
    bo.tag("VIP")
    merge(ana, bo)
    assert list(worn().values()) == [1]


def test_the_pages_of_tags(desk, ana, bo):
    ana.tag("VIP")
    db.session.add(Segment(name="Best", condition={"all": [VIP]}))
    Automation.make("Greet", "nurture", {"trigger": {"kind": "payment.failed"}, "steps": [
        {"id": "tag", "do": "add_tag", "tag": "VIP"}]})
    db.session.commit()
    tag = Tag.named("VIP")
    here = f"/settings/tags/{tag.public_id}"
    assert "1 person" in desk.get("/settings/tags").text
    page = desk.get(here).text
    assert "Best" in page and "Greet" in page and "would find nobody" in page
    assert desk.post(here, data={"name": "Gold", "colour": "plum"}).status_code == 303
    assert "also vip" in desk.get("/settings/tags").text and "Gold" in desk.get(here).text
    refused = desk.post("/settings/tags", data={"name": "a|b"})
    assert refused.status_code == 422 and "no vertical bar" in refused.text
    assert desk.post("/settings/tags", data={"name": "=cmd", "colour": "sky"}).status_code == 303
    other = Tag.named("=cmd")
    assert desk.post(here, data={"name": "=cmd"}).status_code == 422
    assert desk.post(f"{here}/merges", data={"into": tag.public_id}).status_code == 422
    assert desk.post(f"{here}/merges", data={"into": other.public_id}).status_code == 303
    said = desk.get("/settings/tags").text
    back = re.search(r'action="([^"]+restoration)"', said).group(1)
    assert "Gold is part of =cmd now" in said and desk.post(back).status_code == 303
    assert "Gold" in [one.name for one in ana.tags]
    again = Tag.named("Gold")
    assert desk.post(f"/settings/tags/{again.public_id}/removal").status_code == 303
    assert "taken off 1 people" in desk.get("/settings/tags").text or ana.tags == []


def test_somebody_who_may_only_look(visitor_desk, ana):
    ana.tag("VIP")
    db.session.commit()
    assert "New tag" not in visitor_desk.get("/settings/tags").text
    assert visitor_desk.get(f"/settings/tags/{Tag.named('VIP').public_id}").status_code == 403
