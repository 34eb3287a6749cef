"""Every field of every form on every screen, filled with thirty strings that break things: no 5xx, no blank page."""
from html.parser import HTMLParser

import pytest
from werkzeug.datastructures import MultiDict

from app.spine.db import db

from .seed import plant
from .test_tenants import PLAIN, address, ids_for, routes

NASTY = [
    "", " ", "\t\r\n", "0", "-1", "99999999999999999999999", "1e400", "NaN", "null", "undefined", "true",
    "\u0661\u0662", "'; DROP TABLE people; --", "\" OR \"\"=\"", "%_%", "\\", "{{ 7 * 7 }}", "{% for x in y %}",
    "{{first_name", "${7*7}", "<script>alert(1)</script>", "../../../etc/passwd", "a" * 20_000,
    "Ze\u0301 \u202eabc\u202c \u200b", "\U0001f469\u200d\U0001f4bb" * 50, "\ufffd\ufdd0", "a\x00b", "\x1b[31m",
    "9999-99-99", "=cmd|' /C calc'!A0"]
WRITTEN = ("text", "search", "email", "tel", "url", "number", "date", "password", "time", "textarea")
TYPED = ("text", "search", "email", "tel", "url", "number", "date", "password", "hidden", "time", "textarea", "select",
         "checkbox", "radio")


class Forms(HTMLParser):
    """The forms of a page that post: (action, fields), a field being (name, value, type)."""

    def __init__(self, text: str):
        super().__init__()
        self.forms, self.open, self.patterns = [], None, 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.patterns += tag == "template"           # what scripts copy from is no form yet
        if self.patterns:
            return
        if tag == "form" and told.get("method", "get").lower() == "post":
            self.open = [told.get("action"), []]
            self.forms.append(self.open)
        elif self.open and told.get("formaction"):
            self.open[0] = self.open[0] or told["formaction"]
        elif self.open and told.get("name") and tag in ("input", "textarea", "select", "button"):
            kind = told.get("type", "text") if tag == "input" else tag
            self.open[1].append((told["name"], told.get("value") or "", kind))

    def handle_endtag(self, tag):
        self.patterns -= tag == "template"
        if tag == "form":
            self.open = None


@pytest.fixture
def furnished(app, account, desk, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    planted = plant(account, "Harborside")
    planted["accounts"] = account
    return planted


def screens(app, planted):
    """Every page of the desk."""
    for rule, method, _permission in routes(app):
        if method == "GET" and not rule.rule.startswith("/api/"):
            known = ids_for(rule, planted) | PLAIN
            yield rule, address(rule, known)


def collected(app, desk, planted) -> dict:
    """(action's route, field) -> (action, all fields of the form), each once."""
    found, paths = {}, [path for _rule, path in screens(app, planted)]
    adapter = app.url_map.bind("localhost")
    for path in paths:
        answer = desk.get(path, follow_redirects=True)
        if "html" not in answer.content_type:
            continue
        for action, fields in Forms(answer.text).forms:
            action = action or answer.request.path
            assert adapter.test(action.partition("?")[0], "POST"), f"{path}: a form that leads nowhere, {action}"
            rule, _ = adapter.match(action.partition("?")[0], "POST")
            for name, _value, kind in fields:
                if kind in TYPED and name != "csrf_token":
                    found.setdefault((rule, name), (action, fields))
    return found


def kind_of(name: str, fields) -> str:
    return next(kind for other, _value, kind in fields if other == name)


def test_thirty_strings_in_every_field(app, desk, furnished, request):
    """Thirty in what people write, six in what they choose from; with --long thirty everywhere."""
    found, wrong, wide = collected(app, desk, furnished), [], request.config.getoption("--long")
    assert len(found) > 80, "the forms were not found"
    for (rule, name), (action, fields) in found.items():
        if rule.startswith("sign_in."):
            continue                                   # they would end the session; test_signing_in has its own
        rest = [(other, value) for other, value, kind in fields
                if other not in (name, "csrf_token") and kind not in ("button",)]
        for text in NASTY if wide or kind_of(name, fields) in WRITTEN else NASTY[::5]:
            answer = desk.post(action, data=MultiDict([*rest, (name, text)]))
            blank = answer.status_code == 200 and len(answer.data) < 40
            if answer.status_code >= 500 or blank or answer.status_code == 429:
                wrong.append((rule, name, text[:30], answer.status_code))
            db.session.rollback()
    assert wrong == []
