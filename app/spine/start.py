"""Bringing the house up: database and migrations first, then the rooms, then what guards every request."""
from flask import current_app, g, request
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kit import clock, pages
from app.spine import commands, failures, health, installation, logs
from app.spine.db import db, only_reading, tune
from app.spine.jobs.views import bp as jobs_bp
from app.spine.policy import SIGNED, policy_of

csrf = CSRFProtect()
READING = ("GET", "HEAD", "OPTIONS")
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
    Migrate(app, db, directory=f"{app.root_path}/../migrations", render_as_batch=True, compare_type=True)
    with app.app_context():
        tune(db.engine)
    installation.follow_time_machine(app)


def doors(app) -> None:
    """What every request passes: who it is, what it may, what it may not do, and how failures look."""
    if app.config["PROXY_HOPS"]:
        hops = app.config["PROXY_HOPS"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    csrf.init_app(app)
    logs.watch_requests(app)
    app.before_request(read_only_for_reads)
    from app.accounts import desk
    desk.init(app)
    app.before_request(protect_forms)
    from app.api import door
    door.init(app)
    app.after_request(harden)
    failures.init(app)
    for command in commands.COMMANDS:
        app.cli.add_command(command)
    app.register_blueprint(health.bp)
    app.register_blueprint(jobs_bp)
    pages.init_pages(app, account=lambda: g.get("account"), now=clock.now)


def read_only_for_reads() -> None:
    """A GET reads: it must not queue behind writers, and it must not write."""
    if request.method in READING and request.endpoint != "static" and not writes_on_get():
        only_reading()


def writes_on_get() -> bool:
    """Only following a tracked link may: the view says so with `_writes`."""
    return getattr(current_app.view_functions.get(request.endpoint), "_writes", False)


def protect_forms() -> None:
    """CSRF for everything a cookie signs in; signatures and bearer tokens prove themselves."""
    if request.method in READING or request.endpoint is None:
        return
    if policy_of(request.endpoint) == SIGNED or request.endpoint == "health.csp_report" or g.get("token") is not None:
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
