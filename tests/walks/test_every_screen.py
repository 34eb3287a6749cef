"""Every screen of the menu, wide and narrow, light and dark: accessible, not too wide, no complaint of the browser."""
import pytest

from app import create_app
from app.spine.policy import PUBLIC, SIGNED

pytestmark = pytest.mark.browser
RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
ASK = """(rules) => axe.run(document, rules).then(({ violations }) =>
    violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`))"""
STILL = """async () => {
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
    await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)));
}"""
MORE = ("/people?q=nobody-at-all", "/people?panel=filters&status=active", "/people?panel=columns", "/docs/api",
        "/segments/new?from=at-risk",
        "/sign-in/confirmation?next=/people")
PARTS = {"/people/found"}                          # of no page of their own
FIRST_ROWS = ("/people", "/bulk", "/segments", "/deliveries", "/playbooks", "/payments", "/messages")


@pytest.fixture(scope="module")
def axe():
    """The script of axe-core."""
    return pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT


def screens(tab) -> list[str]:
    """Addresses of the menu, of settings, and of the first row behind each list."""
    tab.goto("/settings")
    found = [link.get_attribute("href") for link in tab.locator("#sidebar nav a, nav.tabs a").all()]
    for address in FIRST_ROWS:
        tab.goto(address)
        row = tab.locator(f"main tbody a[href^='{address}/']")
        found += [row.first.get_attribute("href")] if row.count() else []
    person = next(address for address in found if address.startswith("/people/per_"))
    tab.goto("/settings/tags")
    found.append(tab.locator("main a[href^='/settings/tags/']").first.get_attribute("href"))
    tab.goto(f"{person}/merges?q=e")
    found.append(tab.locator("main a[href*='other=']").first.get_attribute("href"))
    theirs = [f"{person}/{page}" for page in ("erasure", "edit", "merges?q=e", "merges?q=zzzz")]
    history = [f"{address}/history" for address in found if address.startswith("/segments/seg_")]
    return list(dict.fromkeys([*found, *sorted(without_arguments()), *theirs, *history, *MORE]))


def without_arguments() -> set[str]:
    """Every page of the desk whose address names no row."""
    app = create_app()
    return {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments
            and getattr(app.view_functions[rule.endpoint], "_policy", PUBLIC) not in (PUBLIC, SIGNED)
            and not rule.rule.startswith("/api/") and not rule.rule.endswith((".csv", ".xlsx"))} - PARTS


def wrong(tab, axe, width) -> list[str]:
    """What is not right with the page that stands, in both themes; leaves it in the dark."""
    tab.evaluate(axe)
    found = tab.evaluate(ASK, RULES)
    tab.emulate_media(color_scheme="dark")
    tab.evaluate(STILL)
    found += [f"dark {line}" for line in tab.evaluate(ASK, COLOURS)]
    wide = tab.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{wide} wide"] if wide > width else [])


@pytest.mark.parametrize("width", [1440, 375])
def test_nothing_to_complain_about(open_tab, signed_in, axe, width):
    tab, complaints = open_tab(width, signed_in), []
    seen = screens(tab)
    assert len(seen) > 30
    for address in seen:
        tab.emulate_media(color_scheme="light")
        assert tab.goto(address).status == 200, address
        complaints += [f"{address} {line}" for line in [*wrong(tab, axe, width), *tab.said]]
        tab.said.clear()
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("width", [1440, 375])
def test_strangers_meet_clean_pages_too(open_tab, axe, width):
    tab = open_tab(width)
    for address in ("/sign-in", "/sign-in/links/spent", "/nowhere"):
        tab.emulate_media(color_scheme="light")
        tab.goto(address)
        assert wrong(tab, axe, width) == [], address
