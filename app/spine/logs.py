"""One structured line per request and per job, without personal data."""
import logging
import re
import sys
import time
import traceback

import structlog
from flask import g, request

from app.kit.redact import cleaned, mask, one_line
from app.spine.db import token

SECRET_ARGUMENTS = {"secret", "token", "key"}        # parts of an address that open something
log = structlog.get_logger("web")


def redact(_logger, _method, event: dict) -> dict:
    """Mask what looks like a secret, an address or a card number, wherever it stands; one line stays one line."""
    told = {name: cleaned(value, name) for name, value in event.items()}
    return {name: one_line(value) if isinstance(value, str) and name != "exception" else value
            for name, value in told.items()}


def quiet_records() -> None:
    """The same for what libraries log by themselves, their tracebacks included."""
    make = logging.LogRecord

    def record(*args, **more):
        made = make(*args, **more)
        made.msg, made.args = one_line(mask(made.getMessage())), ()
        if made.exc_info and made.exc_info[0]:
            made.exc_text = mask("".join(traceback.format_exception(*made.exc_info)))
        return made
    logging.setLogRecordFactory(record)


class Stderr:
    """Where lines go; a full disk or a closed pipe behind it must not fail the work that is told of."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except OSError:
            return 0

    def flush(self) -> None:
        try:
            sys.stderr.flush()
        except OSError:
            return


def start(app) -> None:
    """JSON lines on servers, plain ones on a desk; SQLAlchemy and the like only warn."""
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info,
                    redact, structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(Stderr()),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if app.testing else logging.INFO))
    quiet_records()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def watch_requests(app) -> None:
    """Give each request an id and write its line when it has been answered."""

    from app.spine import status  # its page is a view, which needs what is started here

    @app.before_request
    def begin():
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if re.fullmatch(r"[\w-]{8,64}", given) else f"req_{token(16)}"
        g.began = time.perf_counter()

    @app.after_request
    def finish(response):
        if request.endpoint != "static" and not (request.endpoint or "").startswith("health"):
            ms = round((time.perf_counter() - g.get("began", 0)) * 1000, 1)
            status.note(response.status_code, ms)
            log.info("request", id=g.get("request_id"), method=request.method, path=shown_path(),
                     status=response.status_code, ms=ms,
                     account=getattr(g.get("account"), "public_id", None),
                     actor=getattr(g.get("user") or g.get("token"), "public_id", None))
        return response


def shown_path() -> str:
    """The path that was asked for, without its query; its rule where a part of it is a secret."""
    return str(request.url_rule) if SECRET_ARGUMENTS & set(request.view_args or ()) else request.path[:300]
