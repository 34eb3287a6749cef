"""One person's page in a real browser: a note and its undo, a tag, a field, a task, and two made one and two again."""
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def names(tab) -> list[str]:
    tab.goto("/people?stage=member")
    return [one.inner_text() for one in tab.locator("#people a.name").all()]


def open_person(tab, name: str) -> str:
    """Their page, by the list; its address."""
    tab.goto("/people?stage=member")
    tab.locator("#people a.name", has_text=name).first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(name)
    return tab.url


def test_a_note_is_written_deleted_and_brought_back(tab):
    open_person(tab, names(tab)[0])
    tab.get_by_role("link", name="Add note").click()
    expect(tab.locator("#note")).to_be_focused()
    tab.keyboard.type("Walks **every** morning.")
    tab.get_by_role("button", name="Save note").click()
    note = tab.locator("#notes-part article", has_text="Walks every morning")
    expect(note.locator("strong")).to_have_text("every")
    note.get_by_role("button", name="Delete note").click()
    expect(note).to_have_count(0)
    tab.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(tab.locator("#notes-part article", has_text="Walks every morning")).to_be_visible()
    entry = tab.locator("#timeline-part li", has_text="left a note").first
    entry.get_by_role("link").click()
    assert re.search(r"#note_\w+$", tab.url)
    assert entry.locator("time").get_attribute("title")


def test_a_tag_is_made_with_the_keyboard_and_leads_to_everybody_with_it(tab):
    open_person(tab, names(tab)[0])
    tab.get_by_role("link", name="Add tag").click()
    expect(tab.locator("#new-tag")).to_be_focused()
    tab.keyboard.type("Morning walker")
    tab.keyboard.press("Enter")
    pill = tab.locator("#tags-part .tag", has_text="Morning walker")
    expect(pill).to_be_visible()
    assert re.search(r"\bt\d\b", pill.get_attribute("class")) or pill.get_attribute("class").strip() == "tag"
    name = tab.get_by_role("heading", level=1).inner_text()
    pill.get_by_role("link").click()
    expect(tab.locator("#people tbody tr")).to_have_count(1)
    expect(tab.locator("#people a.name")).to_have_text(name)


def test_a_task_is_added_done_and_listed(tab):
    name = names(tab)[1]
    open_person(tab, name)
    tab.get_by_role("button", name=re.compile("More about")).click()
    tab.get_by_role("link", name="Add task").click()
    panel = tab.locator("#tasks-part")
    panel.locator("summary").click()
    panel.get_by_label("What to do").fill("Ask about the walk")
    panel.locator("#task-due").fill("2020-01-01")
    panel.get_by_role("button", name="Add task").click()
    expect(panel.locator("li", has_text="Ask about the walk")).to_contain_text("Overdue")
    tab.locator("#sidebar").get_by_role("link", name="Tasks").click()
    row = tab.locator("#task-list li", has_text="Ask about the walk")
    expect(row).to_contain_text(name)
    row.get_by_role("button", name=re.compile("^Done")).click()
    expect(row).to_have_count(0)
    tab.get_by_role("link", name="Done", exact=True).click()
    expect(tab.locator("#task-list li", has_text="Ask about the walk")).to_contain_text("by Maya")


def test_a_field_is_made_and_filled_in_on_the_spot(tab):
    tab.goto("/settings/fields")
    tab.get_by_label("Name").fill("Shoe size")
    tab.get_by_label("Kind of value").select_option("number")
    tab.get_by_role("button", name="Add field").click()
    open_person(tab, names(tab)[0])
    fields = tab.locator("#fields-part")
    fields.get_by_role("link", name="Change Shoe size").click()
    fields.get_by_label("Shoe size").fill("forty")
    fields.get_by_role("button", name="Save").click()
    expect(fields.locator(".error")).to_contain_text("is a number")
    assert tab.said == [line for line in tab.said if "422" in line]
    tab.said.clear()
    fields.get_by_label("Shoe size").fill("40")
    tab.keyboard.press("Enter")
    expect(fields.locator("dd", has_text="40")).to_be_visible()


def test_two_are_made_one_and_two_again(tab):
    kept, gone = names(tab)[2:4]
    old = open_person(tab, gone)
    here = open_person(tab, kept)
    tab.get_by_role("button", name=re.compile("More about")).click()
    tab.get_by_role("link", name="Merge with somebody").click()
    tab.get_by_label("Whom").fill(gone)
    tab.keyboard.press("Enter")
    tab.locator("main").get_by_role("link", name=gone).click()
    tab.get_by_role("radio", name=f"Name: {gone}").check()
    tab.get_by_role("button", name="Merge the two").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(gone)
    expect(tab.get_by_text(f"Merged with {gone}")).to_be_visible()
    tab.goto(old)
    assert tab.url == here
    tab.locator("main .alert").get_by_role("button", name="Undo").click()
    tab.get_by_role("button", name="Undo the merge").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(kept)
    tab.goto(old)
    expect(tab.get_by_role("heading", level=1)).to_have_text(gone)
    assert tab.url == old


def test_older_entries_come_as_one_scrolls(tab):
    for name in names(tab):
        open_person(tab, name)
        if tab.locator("#timeline-part").get_by_role("link", name="Load older").count():
            break
    shown = tab.locator("#timeline-part .what").count()
    assert shown == 20
    tab.mouse.wheel(0, 20_000)
    expect(tab.locator("#timeline-part .what").nth(shown)).to_be_attached()
