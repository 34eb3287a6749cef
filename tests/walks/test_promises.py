"""What we promise a creator, each walked once in a real browser."""
import json
import re
import urllib.request
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.wire import sign_whop

from .conftest import enter

pytestmark = pytest.mark.browser
SAMPLES = json.loads((Path(__file__).parents[1] / "wire" / "whop-samples.json").read_text()
                     .replace("biz_HarborRun01", "biz_SecondDraft"))


def test_a_link_signs_in_once_and_leads_to_today(open_tab, house):
    tab = open_tab()
    tab.goto("/people")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    enter(tab, house.told["links"][1])
    expect(tab.locator("#sidebar [aria-current=page]")).to_contain_text("Today")
    tab.locator("[popovertarget=user-menu]").click()
    tab.get_by_role("button", name="Sign out").click()
    tab.goto("/people")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert tab.said == []
    tab.goto(house.told["links"][1])
    expect(tab.get_by_text("This link no longer works")).to_be_visible()


def test_a_person_is_found_by_typing_tagged_and_noted(tab):
    tab.goto("/people?stage=member")
    name = tab.locator("#people a.name").first.inner_text()
    tab.locator("#people [data-tick]").first.check()
    expect(tab.locator("#bulk")).to_contain_text("1 selected")
    tab.keyboard.press("/")
    tab.keyboard.type(name)
    expect(tab.locator("#found a.hit").first).to_contain_text(name)
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text(name)
    tab.get_by_label("New tag").fill("Walked with")
    tab.keyboard.press("Enter")
    expect(tab.locator("#tags-part .tag", has_text="Walked with")).to_be_visible()
    tab.get_by_label("New note").fill("Likes long walks.")
    tab.get_by_role("button", name="Save note").click()
    expect(tab.locator("#notes-part article").first).to_contain_text("Likes long walks.")
    tab.reload()
    expect(tab.locator("#timeline-part")).to_contain_text("Walked with")
    expect(tab.locator("#tags-part")).to_contain_text("Walked with")


def test_a_segment_is_built_with_the_keyboard_and_counts_itself(tab):
    tab.goto("/segments/new?from=active")
    tab.locator("#name").focus()
    tab.keyboard.press("Control+a")
    tab.keyboard.type("Active and worth a call")
    before = int(tab.locator("#tally .value").inner_text().split()[0])
    tab.locator("#c-add").focus()
    tab.keyboard.press("Enter")
    field = tab.locator("#c-1-field")
    expect(field).to_be_focused()
    field.select_option("total_spent")
    expect(tab.locator("#c-1-value")).to_have_value("100")
    expect(field).to_be_focused()
    tab.locator("#c-1-value").focus()
    tab.keyboard.press("Control+a")
    tab.keyboard.type("1000000")
    expect(tab.locator("#found-total")).to_have_text("0 people match")
    expect(tab.locator("#sentence")).to_contain_text("total spent is more than $1,000,000.00")
    expect(tab.locator("#c-1-value")).to_be_focused()
    tab.keyboard.press("Control+a")
    tab.keyboard.type("0")
    expect(tab.locator("#c-0-alone")).to_contain_text(str(before))
    expect(tab.locator("#tally .value")).to_have_text(re.compile(r"^[1-9]\d* (person|people)$"))
    shown = tab.locator("#tally .value").inner_text().split()[0]
    tab.locator("#c-1-up").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#c-0-field")).to_have_value("total_spent")
    tab.locator("#name").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Active and worth a call")
    tab.get_by_role("link", name="Open people").click()
    assert tab.locator("#people tbody tr").count() == int(shown)


def test_a_signed_webhook_appears_with_what_it_became(tab, house):
    told = {**SAMPLES["payment.succeeded"], "id": f"msg_{uuid.uuid4().hex}"}
    raw = json.dumps(told).encode()
    for body, status in ((raw, 202), (raw + b" ", 401)):
        request = urllib.request.Request(house.url + house.told["hook"], data=body, method="POST",
                                         headers=sign_whop(house.told["secret"], told["id"], raw))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.status == status
        except urllib.error.HTTPError as refused:
            assert refused.code == status
    tab.goto("/deliveries")
    first = tab.locator("#deliveries tbody tr").first
    expect(first).to_contain_text("Waiting")
    house.drain()
    tab.reload()
    expect(first).to_contain_text("Done")
    first.get_by_role("link").click()
    expect(tab.get_by_text(told["id"]).first).to_be_visible()
    expect(tab.locator("main .list strong", has_text="Payment").first).to_be_visible()


def test_who_wants_no_motion_gets_none(tab):
    tab.goto("/")
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate("document.getAnimations().length") == 0


def test_all_that_a_list_finds_are_tagged_and_it_is_taken_back(tab, house):
    tab.goto("/people?stage=lead")
    total = int(tab.locator(".tabs [aria-current=page] .count").inner_text())
    tab.locator("[data-tick-all]").check()
    everything = tab.locator("[data-everything]")
    if everything.count():
        everything.check()
    tab.locator("#bulk input[name=tag]").fill("Walked in bulk")
    tab.get_by_role("button", name="Add tag").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(f"Add the tag “Walked in bulk” to {total}")
    tab.get_by_role("button", name="Do it").click()
    house.drain()
    expect(tab.locator("#bulk-state")).to_contain_text("Done.")
    tab.get_by_role("button", name="Undo").click()
    house.drain()
    expect(tab.locator("#bulk-state")).to_contain_text("Taken back.")
    tab.goto("/people?stage=lead")
    expect(tab.locator("#people")).not_to_contain_text("Walked in bulk")


def test_a_segment_is_described_in_words_and_its_lines_are_changed(tab):
    tab.goto("/segments/new")
    tab.get_by_label("Describe who belongs").fill("active members with green hats who spent over $20")
    tab.keyboard.press("Enter")
    expect(tab.locator("#builder [role=status]")).to_contain_text("Not understood: “green hats”")
    expect(tab.locator("#c-1-value")).to_have_value("20")
    tab.locator("#c-1-copy").click()
    expect(tab.locator("#c-2-value")).to_have_value("20")
    tab.locator("#c-2-remove").click()
    expect(tab.locator("#c-2-value")).to_have_count(0)
    tab.locator("#name").fill("Green hats")
    tab.get_by_role("button", name="Save segment").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Green hats")
    tab.get_by_role("link", name="Who entered and who left").click()
    tab.get_by_role("button", name="Watch this segment").click()
    expect(tab.get_by_text("Nobody came or went yet")).to_be_visible()


def test_search_forgives_a_slip(tab):
    tab.goto("/people?stage=member")
    name = tab.locator("#people a.name").first.inner_text()
    slipped = name[:2] + name[3] + name[2] + name[4:]
    tab.keyboard.press("/")
    tab.keyboard.type(slipped)
    expect(tab.locator("#found a.hit").first).to_contain_text(name)
