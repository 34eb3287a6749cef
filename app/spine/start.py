"""Bringing the house up: database and migrations first, then the rooms, then what guards every request."""
from functools import cache

import click
from flask import current_app, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kit import clock, pages
from app.spine import commands, failures, health, installation, keeping, logs, memory, scope, status  # noqa: F401
from app.spine.backup import commands as copying
from app.spine.db import db, only_reading
from app.spine.engine import share_the_interpreter, tune
from app.spine.jobs.views import bp as jobs_bp
from app.spine.policy import SIGNED, policy_of

csrf = CSRFProtect()
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
PASTED = 8 << 20                     # bytes of text in a form that takes files
READING = ("GET", "HEAD", "OPTIONS")
WITHOUT_DATABASE = ("static", "health.live")          # they answer whatever is away
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
       "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
       "manifest-src 'self'; report-uri /csp-reports")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
           "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
           "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"}


def database(app) -> None:
    """Engine, migrations, clock."""
    logs.start(app)
    db.init_app(app)
    app.extensions["migrate"] = LocalProxy(cache(lambda: migrations(app)))
    app.cli.add_command(Migrations("db", short_help="Perform database migrations."))
    with app.app_context():
        tune(db.engine, app.config["DATABASE_WAIT"])
    share_the_interpreter()
    installation.follow_time_machine(app)


class Migrations(click.Command):
    """Flask-Migrate's `db`, loaded when it is called: a server has no use for Alembic, which takes 8 MB."""

    def make_context(self, *words, **traits):
        from flask_migrate.cli import db as group
        return group.make_context(*words, **traits)


def migrations(app):
    """What Flask-Migrate keeps in the application."""
    from flask_migrate import Migrate
    Migrate(app, db, directory=f"{app.root_path}/../migrations", render_as_batch=True, compare_type=True)
    return app.extensions["migrate"]


def doors(app) -> None:
    """What every request passes: who it is, what it may, what it may not do, and how failures look."""
    if app.config["PROXY_HOPS"]:
        hops = app.config["PROXY_HOPS"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    csrf.init_app(app)
    logs.watch_requests(app)
    app.before_request(leave_out_nul)
    app.before_request(read_only_for_reads)
    from app.api import door, origins
    origins.init(app)
    from app.accounts import desk
    desk.init(app)
    app.before_request(make_room_for_files)
    app.before_request(protect_forms)
    door.init(app)
    app.after_request(harden)
    failures.init(app)
    for command in (*commands.COMMANDS, *copying.COMMANDS):
        app.cli.add_command(command)
    app.register_blueprint(health.bp)
    app.register_blueprint(jobs_bp)
    app.register_blueprint(status.bp)
    pages.init_pages(app, account=lambda: g.get("account"), now=clock.now)


def leave_out_nul() -> None:
    """No database keeps a NUL in a text, and nobody types one: words lose theirs, an address with one leads nowhere."""
    if "\x00" in request.path:
        failures.stop(400, "The address holds a character that cannot be.")
    request.args = without_nul(request.args)
    if request.mimetype in FORMS and not largest_file() and policy_of(request.endpoint) != SIGNED:
        request.form = without_nul(request.form)


def largest_file() -> int:
    """How many bytes a view takes that takes files: it says so with `_takes`."""
    return getattr(current_app.view_functions.get(request.endpoint), "_takes", 0)


def make_room_for_files() -> None:
    """Only who may bring a file has room for one, and one said to be larger is refused before it is read."""
    if not largest_file():
        return
    request.max_content_length = largest_file() + PASTED
    if (request.content_length or 0) > request.max_content_length:
        failures.stop(413, f"The file is over {largest_file() >> 20} MB. Split it into smaller ones.")
    if request.mimetype in FORMS:
        request.max_form_memory_size = PASTED
        request.form = without_nul(request.form)


def without_nul(words):
    """The same query or form when no word holds one."""
    pairs = list(words.items(multi=True))
    if not any("\x00" in name or "\x00" in value for name, value in pairs):
        return words
    return type(words)([(name.replace("\x00", ""), value.replace("\x00", "")) for name, value in pairs])


def read_only_for_reads() -> None:
    """A GET reads: it must not queue behind writers, and it must not write."""
    if request.method in READING and request.endpoint not in WITHOUT_DATABASE and not writes_on_get():
        memory.note_mark()
        only_reading()


def writes_on_get() -> bool:
    """Only following a tracked link may: the view says so with `_writes`."""
    return getattr(current_app.view_functions.get(request.endpoint), "_writes", False)


def protect_forms() -> None:
    """CSRF for everything a cookie signs in; signatures and bearer tokens prove themselves."""
    if request.method in READING or request.endpoint is None:
        return
    if policy_of(request.endpoint) == SIGNED or request.endpoint == "signals.csp_report" or g.get("token") is not None:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none") or (site is None and foreign(request.headers.get("Origin"))):
        failures.stop(400, "This form came from another site.")
    csrf.protect()


def foreign(origin: str | None) -> bool:
    """Whether a browser that names only an origin names one that is not ours."""
    ours = (request.host_url.rstrip("/"), current_app.config["PUBLIC_URL"])
    return origin is not None and origin not in ours


def harden(response):
    """Security headers on every answer, errors too."""
    response.headers.setdefault("Content-Security-Policy", CSP)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
