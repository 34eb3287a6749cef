"""Segments through their doors."""
import re

import pytest
from sqlalchemy import select

from app.segments import Segment
from app.segments.starts import starts
from app.spine.db import as_account, db
from app.spine.slots import _slots, fills

RICH = {"name": "Rich", "c.match": "all", "c.0.field": "total_spent", "c.0.op": "gt", "c.0.value": "300"}


def made(name="Rich", condition=None) -> Segment:
    segment = Segment(name=name, condition=condition or {"all": [{"field": "total_spent", "op": "gt", "value": 30000}]})
    db.session.add(segment)
    db.session.commit()
    return segment


def test_made_listed_changed_copied_deleted(desk, crowd):
    answer = desk.post("/segments", data=RICH)
    assert answer.status_code == 303
    segment = db.session.scalar(select(Segment))
    assert answer.location == f"/segments/{segment.public_id}"
    assert segment.condition == {"all": [{"field": "total_spent", "op": "gt", "value": 30000}]}
    listed = desk.get("/segments").text
    assert "Rich" in listed and "Total spent is more than $300.00." in listed
    assert f'href="/people?segment={segment.public_id}">1<' in listed
    desk.post(answer.location, data={**RICH, "name": "Richer", "c.0.value": "1,000"})
    assert segment.name == "Richer" and segment.condition["all"][0]["value"] == 100000 and segment.count() == 0
    copied = desk.post(f"{answer.location}/copies").location
    again = desk.post(f"{answer.location}/copies").location
    assert "Richer (copy)" in desk.get(copied).text and "Richer (copy 2)" in desk.get(again).text
    assert desk.post(f"{copied}/removal").location == "/segments" and desk.get(copied).status_code == 404


def test_the_page_and_its_parts(desk, crowd, htmx):
    segment = made()
    whole = desk.get(f"/segments/{segment.public_id}").text
    assert "<h1>Rich</h1>" in whole and "Ana Lima" in whole and "1 person matches" in whole and 'value="300"' in whole
    numbers = desk.post("/segments/preview", data=RICH, headers=htmx).text
    assert "<h1>" not in numbers and 'id="builder"' not in numbers and "1 person" in numbers
    assert 'id="c-0-alone"' in numbers and "hx-swap-oob" in numbers
    drawn = desk.post("/segments/preview", data={**RICH, "redraw": "1"}, headers=htmx).text
    assert 'id="builder"' in drawn and "<h1>" not in drawn
    plain = desk.post("/segments/preview", data={**RICH, "add": "c"}).text
    assert "<h1>New segment</h1>" in plain and 'name="c.1.field"' in plain


def test_buttons_work_without_scripts_and_save_nothing(desk, crowd):
    answer = desk.post("/segments", data={**RICH, "add-group": "c"})
    assert answer.status_code == 200 and 'name="c.1.0.field"' in answer.text and 'value="Rich"' in answer.text
    assert db.session.scalar(select(Segment)) is None


@pytest.mark.parametrize("change, words", [({"name": ""}, "has a name"), ({"c.0.value": "lots"}, "not a number"),
                                           ({"name": "taken"}, "called taken already")])
def test_refusals_keep_what_was_typed(desk, crowd, change, words):
    kept = made("Taken")
    answer = desk.post("/segments", data={**RICH, **change})
    assert answer.status_code == 422 and words in answer.text and 'name="c.0.field"' in answer.text
    assert desk.post(f"/segments/{kept.public_id}", data={**RICH, "c.0.value": "lots"}).status_code == 422
    assert db.session.scalars(select(Segment.name)).all() == ["Taken"] and kept.count() == 1


def test_every_start_works(desk, crowd):
    wanted = {"active": 1, "at-risk": 0, "new": 1, "high-value": 1, "churned": 0, "past-due": 1, "trial-ending": 0,
              "engaged": 1}
    assert starts("JPY")["high-value"][1]["all"][0]["value"] == 500
    for key, count in wanted.items():
        text = desk.get(f"/segments/new?from={key}").text
        assert f"{count} {'person matches' if count == 1 else 'people match'}" in text, key


def test_what_is_used_is_not_deleted(desk, crowd):
    inner = made()
    outer = made("Outer", {"all": [{"field": "segment", "op": "is", "value": inner.public_id}]})
    answer = desk.post(f"/segments/{inner.public_id}/removal")
    assert answer.status_code == 409 and "used by Outer" in answer.text
    assert "Outer" in desk.get(f"/segments/{inner.public_id}").text
    assert desk.post(f"/segments/{outer.public_id}/removal").status_code == 303
    before = list(_slots["segment.use"])
    fills("segment.use")(lambda segment: [{"label": "A playbook", "href": "/playbooks"}])
    try:
        assert desk.post(f"/segments/{inner.public_id}/removal").status_code == 409
    finally:
        _slots["segment.use"] = before
    assert desk.post(f"/segments/{inner.public_id}/removal").status_code == 303


def test_a_segment_may_not_ask_itself(desk, crowd):
    segment = made()
    circle = {"name": "Rich", "c.match": "all", "c.0.field": "segment", "c.0.op": "is", "c.0.value": segment.public_id}
    answer = desk.post(f"/segments/{segment.public_id}", data=circle)
    assert answer.status_code == 422 and "would ask itself" in answer.text


def test_who_may_only_look_sees_and_changes_nothing(visitor_desk, crowd):
    segment = made()
    text = visitor_desk.get(f"/segments/{segment.public_id}").text
    assert "Ana Lima" in text and 'id="builder"' not in text and "Save segment" not in text
    for address in ("/segments", f"/segments/{segment.public_id}", f"/segments/{segment.public_id}/copies",
                    f"/segments/{segment.public_id}/removal"):
        assert visitor_desk.post(address, data=RICH).status_code == 403
    assert visitor_desk.get("/segments/new").status_code == 403


def test_other_accounts_segments_are_not_there(desk, crowd, other_account):
    with as_account(other_account.id):
        foreign = Segment(name="Foreign", condition={})
        db.session.add(foreign)
        db.session.commit()
        address = f"/segments/{foreign.public_id}"
    assert "Foreign" not in desk.get("/segments").text
    assert desk.get(address).status_code == 404 == desk.post(f"{address}/removal").status_code
    assert desk.post(f"/segments/preview?own={address[10:]}", data=RICH).status_code == 404


def test_empty_rooms_say_what_to_do(desk):
    text = desk.get("/segments").text
    assert "No segments yet" in text and "High Value" in text
    assert re.search(r'href="/segments" aria-current="page">', text)


def test_each_field_says_what_is_wrong_with_it(desk, crowd):
    made("Taken")
    segment = made("Mine")
    for change, field in (({"name": "taken"}, "name"), ({"description": "x" * 301}, "description"),
                          ({"colour": "loud"}, "colour")):
        answer = desk.post(f"/segments/{segment.public_id}", data={**RICH, "name": "Mine", **change})
        assert answer.status_code == 422 and f'id="{field}-error"' in answer.text, field
    assert desk.post("/segments", data={"c.match": "all"}).status_code == 422
    assert db.session.scalars(select(Segment.name).order_by(Segment.key)).all() == ["Mine", "Taken"]
