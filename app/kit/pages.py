"""One address, two answers: the whole page, or only its moving part when htmx asks for it.

The only module that knows htmx_flask.
"""

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

from flask import current_app, flash, make_response, redirect, render_template, url_for
from htmx_flask import Htmx, request

from app.kit import dress, icons, plot

VARY = ("HX-Request", "HX-Request-Type")
VENDORED = {
    "htmx": "vendor/htmx-4.0.1/htmx.min.js",
    "chart": "vendor/chart-4.6.1/chart.umd.min.js",
    "sortable": "vendor/sortable-1.15.7/Sortable.min.js",
}


class Hx:
    """What htmx told us about this request; false when it was a plain one."""

    def __init__(self, found, headers):
        self.boosted = found.boosted
        self.restoring = found.history_restore_request
        self.current_url = found.current_url
        self.source = headers.get("HX-Source")
        self.target = headers.get("HX-Target")
        self.full = headers.get("HX-Request-Type") == "full"
        self.asked = bool(found)

    def __bool__(self):
        return self.asked

    @property
    def is_partial(self):
        """Whether a fragment is wanted rather than a document."""
        return self.asked and not (self.boosted or self.restoring or self.full)


def hx():
    return Hx(request.htmx, request.headers)


def page(template, part=None, status=200, **data):
    """The whole page, or only `part` of it for an htmx request that swaps a fragment."""
    wanted = part if part and hx().is_partial else template
    response = make_response(render_template(wanted, **data), status)
    response.vary.update(VARY)
    return response


def toast(response, text, undo=None):
    """Say briefly what was done; `undo` is an address that takes a POST. Works with and without htmx.

    A response that leads to another page carries the words there in the session instead.
    """
    response = make_response(response) if response is not None else make_response("", 204)
    leaves = "HX-Redirect" in response.headers or 300 <= response.status_code < 400
    if hx() and not leaves:
        response.headers["HX-Trigger"] = _added(response.headers.get("HX-Trigger"), {"text": text, "undo": undo})
    else:
        flash({"text": text, "undo": undo}, "toast")
    return response


def _added(header, said):
    """The HX-Trigger header with our event beside those already asked for."""
    try:
        events = json.loads(header) if header else {}
    except ValueError:
        events = {name.strip(): None for name in header.split(",")}
    return json.dumps({**events, "toast": said})


def redirect_to(url):
    """Go to another page after a form: 303 for browsers, HX-Redirect when htmx would swap the answer in."""
    if not hx().is_partial:
        return redirect(url, 303)
    response = make_response("")
    response.headers["HX-Redirect"] = url
    return response


@lru_cache(maxsize=256)
def _fingerprint(file, changed):
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:10]


def asset(path):
    """The address of our own static file; it changes with the content, so browsers may keep it for long."""
    file = Path(current_app.static_folder, path)
    return url_for("static", filename=path, v=_fingerprint(file, file.stat().st_mtime_ns))


def vendor(name):
    """The address of a library we serve: htmx, chart or sortable."""
    return url_for("static", filename=VENDORED[name])


def init_pages(app, account=None, now=None):
    """Teach the app to answer htmx and its templates to dress values.

    `account()` gives the current account (currency, timezone) or None; `now()` the moment pages are drawn for.
    """
    Htmx(app)
    wear = dress.Dress(account=account, now=now)
    app.jinja_env.globals.update(icon=icons.icon, glyph=icons.icon, plot=plot, **wear.words())
    app.jinja_env.globals.update(asset=asset, vendor=vendor, once=cache)
    app.jinja_env.filters.update(wear.words())
    # Flask-WTF puts its own here; an app without it still renders our forms.
    app.jinja_env.globals.setdefault("csrf_token", lambda: "")
