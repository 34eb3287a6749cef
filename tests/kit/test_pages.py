"""One address, two answers."""
import json

import pytest
from flask import Flask, get_flashed_messages

from app.kit import pages
from app.kit.icons import icon

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def app(tmp_path):
    (tmp_path / "whole.html").write_text("<h1>All</h1>{% include 'part.html' %}")
    (tmp_path / "part.html").write_text("<p>{{ name }}</p>")
    app = Flask(__name__, template_folder=tmp_path)
    app.config.update(SECRET_KEY="for tests only", TESTING=True)
    pages.init_pages(app)
    app.add_url_rule("/", "home", view_func=lambda: pages.page("whole.html", part="part.html", name="Ana"))
    app.add_url_rule("/only", "only", view_func=lambda: pages.page("whole.html", status=422, name="Ana"))
    app.add_url_rule("/done", "done", lambda: pages.toast(pages.redirect_to("/"), "Saved", "/undo"), methods=["POST"])
    app.add_url_rule("/tag", "tag", lambda: pages.toast("<p>row</p>", "3 people tagged", "/undo"), methods=["POST"])
    app.add_url_rule("/quiet", "quiet", lambda: pages.toast(None, "Gone"), methods=["POST"])
    app.add_url_rule("/said", "said", lambda: json.dumps(get_flashed_messages(with_categories=True)))
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def test_a_browser_gets_the_page_and_htmx_its_part(client):
    assert client.get("/").text == "<h1>All</h1><p>Ana</p>"
    assert client.get("/", headers=PART).text == "<p>Ana</p>"
    assert {"HX-Request", "HX-Request-Type"} <= set(client.get("/").vary)


@pytest.mark.parametrize("more", [{"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"},
                                  {"HX-Request-Type": "full"}])
def test_whole_documents_for_those_who_swap_the_body(client, more):
    assert client.get("/", headers={**PART, **more}).text.startswith("<h1>")


def test_without_a_part_the_page_answers_everyone(client):
    answer = client.get("/only", headers=PART)
    assert answer.status_code == 422 and answer.text.startswith("<h1>")


def test_toast_for_htmx_travels_in_a_header(client):
    answer = client.post("/tag", headers=PART)
    assert json.loads(answer.headers["HX-Trigger"])["toast"] == {"text": "3 people tagged", "undo": "/undo"}
    assert answer.text == "<p>row</p>" and json.loads(client.get("/said").text) == []
    assert client.post("/quiet", headers=PART).status_code == 204


def test_toast_for_a_plain_form_waits_for_the_next_page(client):
    assert client.post("/done").status_code == 303
    assert json.loads(client.get("/said").text) == [["toast", {"text": "Saved", "undo": "/undo"}]]


def test_a_toast_survives_the_jump_htmx_makes(client):
    answer = client.post("/done", headers=PART)
    assert answer.headers["HX-Redirect"] == "/" and "HX-Trigger" not in answer.headers
    assert json.loads(client.get("/said").text)[0][1]["text"] == "Saved"


def test_toast_keeps_events_already_asked_for(app):
    with app.test_request_context("/", headers=PART):
        response = pages.make_response("")
        response.headers["HX-Trigger"] = "people-changed"
        assert set(json.loads(pages.toast(response, "Done").headers["HX-Trigger"])) == {"people-changed", "toast"}


def test_hx_tells_who_asked(app):
    with app.test_request_context("/", headers={**PART, "HX-Source": "button#b1"}):
        assert pages.hx() and pages.hx().source == "button#b1" and pages.hx().is_partial
    with app.test_request_context("/"):
        assert not pages.hx()


def test_icons_are_drawn_once_named_right():
    assert icon("users").count("<path") >= 2 and 'aria-hidden="true"' in icon("users")
    assert icon("help-circle") == icon("circle-question-mark")
    assert '<span class="sr">Close &lt;b&gt;</span>' in icon("x", "Close <b>") and "icon large" in icon("x", size=20)
    for wrong in ("no-such-icon", "../icon", ""):
        with pytest.raises(KeyError):
            icon(wrong)
