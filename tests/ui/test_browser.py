"""The face in a real browser, under the policy it is served with: no complaint, nothing too wide, behaviour at work."""
import os
import shutil
import threading

import pytest
from flask import render_template_string
from werkzeug.serving import make_server

from app.kit import pages

from .test_macros import make_app, shown

sync = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
CSP = ("default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
       "base-uri 'self'; form-action 'self'; frame-ancestors 'none'")
TAG = ('{% extends "layouts/app.html" %}{% block content %}<h1>Tag</h1>'
       '<button id="tag" hx-post="/tag" hx-target="#row">Tag</button>'
       '<button id="no" hx-post="/no" hx-target="#row">No</button>'
       '<button id="gone" hx-post="/gone" hx-target="#row">Gone</button><p id="row">before</p>{% endblock %}')
REFUSAL = "<!doctype html><p data-refusal>Give the tag a name.</p>"
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")


@pytest.fixture(scope="module")
def address():
    app = make_app(**shown())
    app.add_url_rule("/page", "page", lambda: render_template_string(TAG))
    app.add_url_rule("/no", "no", lambda: (REFUSAL, 422), methods=["POST"])
    app.add_url_rule("/tag", "tag", lambda: pages.toast("tagged", "3 people tagged", "/undo"), methods=["POST"])

    @app.after_request
    def strict(response):
        response.headers["Content-Security-Policy"] = CSP
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    with sync.sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def tab(browser):
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    yield tab
    tab.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 375])
@pytest.mark.parametrize("name", ["parts", "more"])
def test_no_complaints(browser, address, name, width, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    said = []
    tab.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(f"{address}/gallery/{name}")
    tab.wait_for_timeout(200)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(tab).response
    assert found["passes"] and not [(wrong["id"], wrong["nodes"][0]["html"]) for wrong in found["violations"]]
    assert not said
    tab.close()


def test_toasts_come_with_undo_and_refusals_leave_the_page_alone(tab, address):
    tab.goto(f"{address}/page")
    tab.click("#tag")
    tab.wait_for_selector("#toasts .toast")
    assert tab.inner_text("#row") == "tagged" and "3 people tagged" in tab.inner_text("#toasts")
    assert tab.get_attribute("#toasts form", "action") == "/undo"
    tab.click("#gone")
    tab.wait_for_selector("#toasts .toast >> nth=1")
    tab.click("#no")
    tab.wait_for_selector("#toasts >> text=Give the tag a name.")
    assert tab.inner_text("#row") == "tagged"


def test_ticks_bring_the_bulk_bar(tab, address):
    tab.goto(f"{address}/gallery/parts")
    assert tab.inner_text("#bulk b") == "1 selected"
    tab.click("[data-tick-all]")
    assert tab.inner_text("#bulk b") == "2 selected"
    tab.click("[data-tick-none]")
    assert tab.is_hidden("#bulk")


def test_dialogs_ask_and_the_safe_button_closes(tab, address):
    tab.goto(f"{address}/gallery/parts")
    tab.click(".needs [popovertarget=more-1] >> nth=0")
    tab.click("#more-1 .danger")
    assert tab.evaluate("document.querySelector('#ask-delete').matches(':modal')")
    tab.click("#ask-delete >> text=Keep it")
    assert not tab.evaluate("document.querySelector('#ask-delete').open")


def test_slash_finds_search_and_the_theme_is_kept(tab, address):
    tab.goto(f"{address}/gallery/parts")
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.name") == "q"
    tab.click("[popovertarget=user-menu]")
    tab.click("text=Dark theme")
    tab.reload()
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_drawer_on_a_phone(tab, address):
    tab.set_viewport_size({"width": 375, "height": 800})
    tab.goto(f"{address}/gallery/more")
    assert tab.is_hidden("#sidebar")
    tab.click(".menu-button")
    assert tab.is_visible("#sidebar >> text=People")
