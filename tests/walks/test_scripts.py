"""Fifty payloads in every text, in a real browser: nothing comes to life, nothing is asked of anybody else."""
import json

import pytest
from playwright.sync_api import expect

from app import create_app
from tests.attacks.payloads import ALL, EVERYTHING
from tests.attacks.test_tenants import PLAIN, address, routes, table_of

from .conftest import enter

pytestmark = pytest.mark.browser
LISTEN = "document.addEventListener('securitypolicyviolation', (e) => console.error('policy ' + e.violatedDirective))"
SHORT = "'\"><img src=x onerror=alive=1>"
PARTS = ("people.found", "playbooks.rule")             # of no page of their own, or of none for this row


@pytest.fixture(scope="module")
def planted(house):
    return json.loads(house.run("-m", "tests.walks.hostile").splitlines()[-1])


@pytest.fixture(scope="module")
def zoe(browser, house, planted):
    """The cookies of the owner of all this."""
    context = browser.new_context(base_url=house.url)
    enter(context.new_page(), planted["link"])
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def desk(open_tab, zoe, house):
    """Zoe's tab; whatever came to life, asked a stranger or was stopped on the way has failed the walk."""
    tab = open_tab(state=zoe)
    asked, opened = [], []
    tab.add_init_script(LISTEN)
    tab.on("request", lambda request: asked.append(request.url) if not request.url.startswith(
        (house.url, "data:image/svg")) else None)
    tab.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    yield tab
    assert (tab.said, asked, opened) == ([], [], [])
    assert tab.evaluate("window.alive") is None


def pages(planted):
    """Every address of a page that somebody signed in may look at."""
    for rule, method, _ in routes(create_app()):
        if method != "GET" or rule.rule.startswith("/api/") or rule.endpoint in PARTS or rule.rule.endswith(
                (".csv", ".zip", ".xlsx", ".json", "/file")):
            continue
        known = {name: planted["ids"].get(table_of(rule.endpoint, name) or "") for name in rule.arguments}
        yield address(rule, {**PLAIN, **{name: value for name, value in known.items() if value}})


def test_nothing_comes_to_life_on_any_page(desk, planted):
    shown = 0
    for path in pages(planted):
        answer = desk.goto(path)
        assert answer.status == 200, path
        assert desk.evaluate("window.alive") is None and desk.said == [], path
        shown += "alive=1" in desk.content()
    assert shown > 40


def test_nor_while_somebody_works_with_them(desk):
    desk.goto("/people")
    desk.keyboard.press("/")
    desk.keyboard.type(SHORT)
    expect(desk.locator("#found")).to_contain_text("alive=1")
    desk.locator("#people a.name").first.click()
    desk.get_by_label("New tag").fill(SHORT)
    desk.keyboard.press("Enter")
    expect(desk.locator("#tags-part .tag", has_text=SHORT)).to_be_visible()
    desk.get_by_label("New note").fill("\n\n".join(ALL))
    desk.get_by_role("button", name="Save note").click()
    expect(desk.locator("#notes-part article").first).to_contain_text("alive")


def test_nor_in_the_builder_of_segments(desk):
    desk.goto("/segments/new?from=active")
    desk.locator("#name").fill(SHORT)
    desk.locator("#c-add").click()
    desk.locator("#c-1-field").select_option("name")
    expect(desk.locator("input#c-1-value")).to_be_visible()
    desk.locator("#c-1-value").fill(SHORT)
    desk.locator("#c-1-value").press("Tab")
    expect(desk.locator("#sentence")).to_contain_text("onerror=alive=1")
    desk.locator("#name").press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text(SHORT)


def test_nor_in_the_preview_of_a_template(desk):
    desk.goto("/messages/templates/new")
    desk.locator("[name=name]").fill(SHORT)
    desk.locator("[name=subject]").fill(SHORT)
    desk.locator("[name=body]").fill(EVERYTHING.replace("{{", "{").replace("}}", "}"))
    desk.locator("[name=body]").press("Tab")
    expect(desk.locator("main")).to_contain_text("evil.test")
    desk.get_by_role("button", name="Save").first.click()
    desk.wait_for_load_state()


def test_nor_in_a_toast_or_a_copied_link(desk):
    desk.goto("/people")
    desk.locator("#people [data-tick]").first.check()
    box = desk.locator("#bulk [name=tag]").first
    box.fill(SHORT)
    box.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_contain_text(SHORT)
    desk.goto("/people?sort=name")
    desk.get_by_label("Name of the view").fill(SHORT)
    desk.keyboard.press("Enter")
    expect(desk.locator("#toasts .toast").first).to_contain_text(SHORT)
    desk.evaluate("text => say(text, 'javascript:alive=1')", EVERYTHING)
    expect(desk.locator("#toasts .toast").last).to_contain_text("alive=1")
