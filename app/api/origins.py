"""Which web pages may call the API from a browser: none, unless API_ORIGINS names theirs (comma separated)."""
from flask import current_app, request

from .door import PREFIX

ANSWERS = {"Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE", "Access-Control-Max-Age": "600",
           "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key"}


def known() -> bool:
    """Whether this request comes from a page that was named."""
    named = [one.strip().rstrip("/") for one in current_app.config["API_ORIGINS"].split(",")]
    return request.path.startswith(PREFIX) and request.headers.get("Origin", "") in filter(None, named)


def preflight():
    """A browser asks before it sends a token; nobody is signed in by the question."""
    if request.method == "OPTIONS" and known() and "Access-Control-Request-Method" in request.headers:
        return "", 204, ANSWERS
    return None


def allow(response):
    """Let the named page read the answer. Cookies never count here, so credentials are not allowed."""
    if known():
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id, Idempotent-Replayed"
    if request.path.startswith(PREFIX) and current_app.config["API_ORIGINS"]:
        response.vary.add("Origin")
    return response


def init(app) -> None:
    app.before_request(preflight)
    app.after_request(allow)
