"""How things go wrong, in words: a plain page or, for the API, a problem document. No stack, path or version."""
import structlog
from flask import abort, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app.spine.db import db

log = structlog.get_logger("failures")
TITLES = {301: "Moved", 400: "We could not read that", 401: "Sign in first", 403: "Not yours to change",
          404: "Nothing here", 405: "Not possible here", 409: "Somebody was faster", 410: "Gone", 413: "Too large",
          415: "Not in this format", 422: "Something is missing", 429: "Too many tries", 500: "Our mistake",
          503: "Back in a moment"}
TEXTS = {400: "The request was not complete. Go back, reload the page and try again.",
         401: "Your session has ended. Sign in and you come back to this page.",
         403: "Your role does not include this. Ask an owner of the account.",
         404: "It was moved, deleted, or belongs to another account.",
         405: "This address takes no such request.",
         413: "The file or text is larger than we take.",
         429: "Wait a moment before you try again.",
         500: "Nothing was changed. Tell us the number below if it happens again.",
         503: "The database does not answer right now. Nothing was lost; try again in a few seconds."}
PROBLEM = "application/problem+json"


def stop(status: int, text: str):
    """End the request with this status and sentence."""
    abort(make_failure(status, text))


def wants_json() -> bool:
    return request.path.startswith(("/api/", "/health"))


def make_failure(status: int, text: str | None = None, errors=None, headers=None):
    """The answer itself: problem+json under /api, a page elsewhere."""
    title = TITLES.get(status, "It did not work")
    text = text or TEXTS.get(status, "Go back and try again.")
    if wants_json():
        answer = jsonify(type="about:blank", title=title, status=status, detail=text,
                         request_id=g.get("request_id"), errors=errors or [])
        answer.mimetype = PROBLEM
    else:
        answer = make_response(_page(status, title, text))
    answer.status_code = status
    answer.headers.update(headers or {})
    return answer


def _page(status, title, text) -> str:
    try:
        return render_template("errors/error.html", status=status, title=title, text=text,
                               request_id=g.get("request_id"))
    except Exception:      # the page must show whatever is away: the database, or an address for a host not ours
        return f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{text}</p>"


def init(app) -> None:
    @app.errorhandler(CSRFError)
    def forged(_error):
        return make_failure(400, "This form has expired. Reload the page and send it again; nothing was changed.")

    @app.errorhandler(HTTPException)
    def known(error):
        if error.response is not None:
            return error.response
        text = error.description if error.description != type(error).description else None
        headers = {"Retry-After": str(error.retry_after)} if getattr(error, "retry_after", None) else {}
        if error.code and 300 <= error.code < 400:
            return error
        return make_failure(error.code or 500, text if (error.code or 500) < 500 else None, headers=headers)

    @app.errorhandler(OperationalError)
    def database_away(error):
        db.session.rollback()
        log.error("database.away", error=str(error.orig)[:200])
        return make_failure(503, headers={"Retry-After": "5"})

    @app.errorhandler(Exception)
    def unforeseen(error):
        db.session.rollback()
        log.exception("unforeseen", route=str(request.url_rule))
        if app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        return make_failure(500)
