"""Every macro renders, keeps to the content security policy, and names only icons we have."""
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined

from app.kit import icons
from app.kit.pages import VENDORED, init_pages

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OURS = [file for file in TEMPLATES if file.relative_to(ROOT / "templates").parts[0] in ("ui", "layouts", "errors")]
GALLERIES = sorted(file.name for file in (HERE / "templates").glob("gallery_*.html"))
MENU = [
    {"label": None, "items": [{"label": "Today", "icon": "house", "href": "/", "current": True, "count": 6}]},
    {"label": "Know", "items": [{"label": "People", "icon": "users", "href": "/people"},
                                {"label": "Segments", "icon": "funnel", "href": "/segments"},
                                {"label": "Revenue", "icon": "chart-no-axes-column", "href": "/revenue"}]},
    {"label": "Act", "items": [{"label": "Playbooks", "icon": "workflow", "href": "/playbooks"}]},
    {"label": "foot", "items": [{"label": "Settings", "icon": "settings", "href": "/settings"}]},
]
SEATS = [{"name": "Second Draft", "id": "a1", "current": True}, {"name": "Third Draft", "id": "a2", "current": False}]
MAYA = SimpleNamespace(name="Second Draft", slug="second-draft", currency="USD", timezone="America/New_York")
USER = SimpleNamespace(name="Maya Okafor", email="maya@seconddraft.club")
INLINE = re.compile(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']"
                    r"|javascript:|\|\s*safe\b")


def make_app(**shared):
    """A small app with only the face: what every page gets, and nothing of the rooms."""
    app = Flask(__name__, static_folder=ROOT / "static", static_url_path="/static")
    app.config.update(SECRET_KEY="for tests only", TESTING=True)
    folders = [FileSystemLoader(HERE / "templates"), FileSystemLoader(ROOT / "templates")]
    app.jinja_loader = ChoiceLoader(folders)
    init_pages(app, account=lambda: MAYA, now=lambda: datetime(2026, 11, 21, 14, 30, tzinfo=UTC))
    app.context_processor(lambda: shared)
    app.add_url_rule("/gallery/<name>", view_func=lambda name: render_template(f"gallery_{name}.html"))
    return app


def shown():
    return {"account": MAYA, "user": USER, "menu": MENU, "seats": SEATS, "alerts": {"href": "/alerts", "count": 2},
            "adds": [{"label": "Person", "icon": "user-plus", "href": "/people/new"}],
            "at": datetime(2026, 11, 21, 14, 12)}


@pytest.fixture
def app():
    return make_app(**shown())


def macros_of(app, file):
    module = app.jinja_env.get_template(file).module
    return {name for name in vars(module) if not name.startswith("_") and callable(getattr(module, name))}


@pytest.mark.parametrize("name", GALLERIES)
def test_the_gallery_renders_under_the_policy(app, name):
    html = app.test_client().get(f"/gallery/{name[8:-5]}").text
    assert "<h1" in html and not INLINE.search(html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    for described in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', html):
        assert set(described.split()) <= set(ids), described


@pytest.mark.parametrize("family", ["bits", "forms", "tables", "charts", "conditions", "flows"])
def test_the_gallery_shows_every_macro(app, family):
    told = "".join((HERE / "templates" / name).read_text() for name in GALLERIES)
    inside = {"notes", "options", "control", "ticker", "head", "row", "tick", "chosen"}     # used by the others
    with app.test_request_context():
        missing = {name for name in macros_of(app, f"ui/{family}.html") - inside if f"{family}.{name}(" not in told}
    assert not missing


def test_the_shell_names_the_page_the_account_and_the_way_out(app):
    html = app.test_client().get("/gallery/parts").text
    assert 'aria-current="page"' in html and "<title>Today · Second Draft</title>" in html
    assert 'action="/seats/a2"' in html and 'action="/sign-out"' in html and ">foot<" not in html
    assert "Notifications, 2 new" in html and 'action="/people"' in html


@pytest.mark.parametrize("layout", ["app", "public", "bare"])
def test_layouts_stand_without_anyone_logged_in(layout):
    app = make_app()
    with app.test_request_context():
        html = app.jinja_env.from_string(f'{{% extends "layouts/{layout}.html" %}}').render()
    assert 'id="main"' in html and "hx-headers:inherited" in html


def test_errors_say_what_to_do(app):
    app.jinja_env.undefined = StrictUndefined
    with app.test_request_context():
        html = render_template("errors/error.html", status=404, title="Nothing here", text="It may have moved.",
                               request_id="ab12", back=None, back_label=None, creator=None)
    assert "<h1>Nothing here</h1>" in html and "ab12" in html


LETTER = ROOT / "templates" / "messages" / "letter.html"     # a mail carries its own style: it has no sheet to link


@pytest.mark.parametrize("file", [file for file in TEMPLATES if file != LETTER],
                         ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_templates_keep_to_the_policy(file):
    assert not INLINE.search(file.read_text())


def test_every_icon_named_in_templates_exists():
    named = re.compile(r"""(?:icon|glyph)(?:\(|=|"\s*:\s*)\s*["']([a-z][a-z0-9-]*)["']""")
    for file in TEMPLATES + sorted((HERE / "templates").glob("*.html")):
        for name in named.findall(file.read_text()):
            if not name.endswith("-"):
                icons.drawing(name)


def test_every_library_we_name_is_served(app):
    for path in VENDORED.values():
        assert app.test_client().get(f"/static/{path}").status_code == 200
        assert list((ROOT / "static" / path).parent.glob("LICENSE*"))


def test_vendored_files_are_what_we_listed():
    for entry in json.loads((ROOT / "scripts" / "vendor.json").read_text()):
        folder = ROOT / "static" / "vendor" / f"{entry['folder']}-{entry['version']}"
        for file in entry["files"]:
            content = (folder / Path(file["path"]).name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]


def test_words_from_people_are_escaped(app):
    with app.test_request_context():
        bits = app.jinja_env.get_template("ui/bits.html").module
        forms = app.jinja_env.get_template("ui/forms.html").module
        for html in (bits.person("<i>Bo</i>", "/x"), bits.tag('"><script>', 1), bits.alert("<b>", "<b>"),
                     forms.field("a", "<b>", value='"><b>', hint="<b>", error="<b>")):
            assert "<b>" not in html and "<script" not in html and "<i>" not in html


def test_a_field_ties_its_hint_and_error_to_the_input(app):
    with app.test_request_context():
        html = app.jinja_env.get_template("ui/forms.html").module.field(
            "email", "Email", "sofia.gmail.com", "email", hint="We write here.", error="That address has no @.")
    assert 'aria-describedby="email-hint email-error"' in html and 'aria-invalid="true"' in html
    assert '<label for="email">Email</label>' in html


def test_files_stay_small():
    for file in OURS:
        lines = len(file.read_text().splitlines())
        assert lines <= (120 if file.name.startswith("_") else 250), file
