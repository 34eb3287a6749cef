"""One structured line per request and per job, without personal data."""
import logging
import re
import sys
import time

import structlog
from flask import g, request

from app.spine.db import token

SECRET_NAMES = re.compile(
    r"authorization|cookie|token|secret|password|signature|api_key|cvv|pan|iban|email|phone", re.I)
SECRETS = re.compile(r"(sk_(?:live|test)_\w+|whsec_[\w+/=]+|\bws_\w+|ra_live_\w+|eyJ[\w-]+\.[\w-]+\.[\w-]+"
                     r"|[\w.+-]+@[\w-]+\.[\w.]+|\b\d(?:[ -]?\d){12,18}\b)")
log = structlog.get_logger("web")


def redact(_logger, _method, event: dict) -> dict:
    """Mask what looks like a secret, an address or a card number, wherever it stands."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = "[masked]" if SECRET_NAMES.search(name) else SECRETS.sub("[masked]", value)
    return event


def start(app) -> None:
    """JSON lines on servers, plain ones on a desk; SQLAlchemy and the like only warn."""
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info,
                    redact, structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if app.testing else logging.INFO))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def watch_requests(app) -> None:
    """Give each request an id and write its line when it has been answered."""

    @app.before_request
    def begin():
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if re.fullmatch(r"[\w-]{8,64}", given) else f"req_{token(16)}"
        g.began = time.perf_counter()

    @app.after_request
    def finish(response):
        if request.endpoint != "static" and not (request.endpoint or "").startswith("health"):
            log.info("request", id=g.get("request_id"), method=request.method, route=str(request.url_rule or "none"),
                     status=response.status_code, ms=round((time.perf_counter() - g.get("began", 0)) * 1000, 1),
                     account=getattr(g.get("account"), "public_id", None),
                     actor=getattr(g.get("user") or g.get("token"), "public_id", None))
        return response
