"""What every address of the API shares: its document, refusals in words, rate limits, idempotency keys."""
import hashlib
import json
import time
from collections import defaultdict
from datetime import datetime, timedelta

from flask import abort, current_app, g, make_response, request
from spectree import Response, SpecTree
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts import current_account, tallied, tally
from app.kit.clock import real_now
from app.spine import failures
from app.spine.db import Owned, Row, Utc, db, insert_once
from app.spine.health import VERSION
from app.spine.policy import policy
from app.spine.slots import fills
from app.spine.status import Line

from .shapes import Problem

PER_MINUTE = 600
HEAVY = {"api_analytics.dashboard": 30}      # endpoints that a token may call less often
STUCK = timedelta(seconds=60)
UNKNOWN = "there is no such word here; GET /api/v1/openapi.json lists those there are."
PREFIX = "/api/v1"
FILES = ("text/csv", "multipart/form-data")
_calls: dict[str, list] = defaultdict(lambda: [0, 0])


class IdempotentCall(Owned, Row):
    """A POST that carried an Idempotency-Key, and the answer to give again."""
    __tablename__ = "idempotent_calls"
    actor: Mapped[str]
    key: Mapped[str]
    digest: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(Utc, default=real_now)
    status: Mapped[int | None]
    body: Mapped[str | None]
    __table_args__ = (UniqueConstraint("account_id", "actor", "key"),)


def refuse(_request, _response, error, _instance, adapter) -> None:
    """A body or query of the wrong shape, as a problem that names each field."""
    if error is not None:
        errors = [{"field": ".".join(str(step) for step in one["loc"]), "message": UNKNOWN if one["type"] ==
                   "extra_forbidden" else one["msg"]} for one in adapter.validation_errors(error)]
        first = errors[0] if errors else {"field": "", "message": "it has the wrong shape"}
        abort(failures.make_failure(422, f"{first['field']}: {first['message']}", errors))


class Plain(PydanticModelAdapter):
    """Views give dicts and lists, so no answer is searched for a model in it: that took a third of a list's time."""

    def is_partial_model_instance(self, value) -> bool:
        return False


spec = SpecTree("flask", title="RevenueAngel", version=VERSION, openapi_version="3.1.0", before=refuse,
                security_schemes=[], annotations=True, validation_error_model=Problem, mode="strict",
                model_adapter=Plain())


def answers(bp, rule: str, method: str, permission: str, shape=None, status: int = 200, *, json=None, query=None,
            tags=()):
    """Hang up a view: its route, its policy and its line in the document, in one place."""
    refusals = {"HTTP_400": Problem, "HTTP_401": Problem, "HTTP_403": Problem, "HTTP_404": Problem,
                "HTTP_409": Problem, "HTTP_422": Problem, "HTTP_429": Problem}

    def hang(view):
        shown = spec.validate(json=json, query=query, tags=tags or [bp.name.removeprefix("api_")],
                              resp=Response(**{f"HTTP_{status}": shape}, **refusals) if shape
                              else Response(f"HTTP_{status}", **refusals))(view)
        shown.__name__ = view.__name__
        return bp.route(rule, methods=[method])(policy(permission)(shown))
    return hang


def problem(status: int, text: str, field: str = "") -> None:
    """End the request with a problem document."""
    abort(failures.make_failure(status, text, [{"field": field, "message": text}] if field else None))


def init(app) -> None:
    app.before_request(slow_down)
    app.before_request(once_each)
    app.before_request(read_body)
    app.before_request(seen_before)
    app.after_request(remember)


def ours() -> bool:
    return request.path.startswith(PREFIX) and g.get("token") is not None


def slow_down():
    """At most PER_MINUTE calls a token and process, and of a heavy endpoint fewer, counted by themselves."""
    if not ours():
        return None
    heavy = request.endpoint if request.endpoint in HEAVY else ""
    minute, bucket = int(time.time() // 60), _calls[g.token.public_id + heavy]
    bucket[:] = [minute, bucket[1] + 1] if bucket[0] == minute else [minute, 1]
    most = HEAVY.get(heavy) or current_app.config.get("API_PER_MINUTE", PER_MINUTE)
    over = bucket[1] - most
    if over > 0:
        if over == 1:                      # once a minute: refusing must stay cheap
            account_id = g.account.id
            db.session.rollback()          # what began as a read cannot write
            tally("api slowed", account_id)
            db.session.commit()
        wait = 60 - int(time.time() % 60)
        return failures.make_failure(429, f"More than {most} calls in a minute. Wait {wait} seconds.",
                                     headers={"Retry-After": str(wait)})
    return None


@fills("status.line", 125)
def slowed() -> Line:
    minutes = tallied("api slowed", current_account().id)
    words = f"A token had to slow down in {minutes:,} of the last 1,440 minutes"
    return Line("API", "warn" if minutes else "good", words if minutes else "No token had to slow down in 24 hours")


def once_each():
    """A query word that comes twice could be read two ways, so it is not read at all."""
    twice = [name for name, values in request.args.lists() if len(values) > 1] if ours() else []
    if twice:
        errors = [{"field": name, "message": "it stands in the address more than once."} for name in twice]
        return failures.make_failure(422, f"{twice[0]}: {errors[0]['message']}", errors)
    return None


def read_body():
    """A body has to be JSON, and an object; one that is not is 400 before anybody looks at its fields."""
    if takes_files():
        return None if request.mimetype in FILES else failures.make_failure(
            415, "Send the file as text/csv, or as `file` of multipart/form-data.")
    if not ours() or request.method not in ("POST", "PUT", "PATCH") or not request.get_data():
        return None
    try:
        body = json.loads(request.get_data(), parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()        # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return failures.make_failure(400, "The body is not JSON.")
    if not isinstance(body, dict) or "\\u0000" in request.get_data(as_text=True):
        return failures.make_failure(400, "The body has to be a JSON object without NUL characters.")
    if request.mimetype != "application/json":
        return failures.make_failure(415, "Send the body as application/json.")
    return None


def takes_files() -> bool:
    return ours() and bool(getattr(current_app.view_functions.get(request.endpoint), "_takes", 0))


def _no_constant(name):
    raise ValueError(name)


def seen_before():
    """The same key again: the first answer, a refusal if the request differs, 409 while the first one runs."""
    key = request.headers.get("Idempotency-Key")
    if not ours() or request.method != "POST" or not key:
        return None
    if len(key) > 255:
        return failures.make_failure(400, "An Idempotency-Key has at most 255 characters.")
    body = f"{request.mimetype} {request.content_length}".encode() if takes_files() else request.get_data()
    digest = hashlib.sha256(f"{request.full_path}\n".encode() + body).hexdigest()      # a file is told by its length
    mine = (IdempotentCall.actor == g.token.public_id, IdempotentCall.key == key)
    db.session.execute(delete(IdempotentCall).where(*mine, IdempotentCall.status.is_(None),
                                                    IdempotentCall.began_at < real_now() - STUCK))
    made = insert_once(IdempotentCall, ("account_id", "actor", "key"), actor=g.token.public_id, key=key,
                       digest=digest, began_at=real_now())
    db.session.commit()
    if made is not None:
        g.idempotent_call = made
        return None
    held = db.session.scalar(select(IdempotentCall).where(*mine))
    if held.digest != digest:
        return failures.make_failure(422, "This Idempotency-Key was used for another request.")
    if held.status is None:
        return failures.make_failure(409, "The first request with this key is still running.",
                                     headers={"Retry-After": "1"})
    answer = make_response(held.body or "", held.status)
    answer.mimetype = "application/json" if held.status < 400 else failures.PROBLEM
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def remember(response):
    """Keep the answer of a POST with a key; a failure of ours is not kept, so that it may be tried again."""
    made = g.pop("idempotent_call", None)
    if made is not None:
        db.session.rollback()
        if response.status_code < 500:
            call = db.session.get(IdempotentCall, made)
            call.status, call.body = response.status_code, response.get_data(as_text=True)
        else:
            db.session.execute(delete(IdempotentCall).where(IdempotentCall.id == made))
        db.session.commit()
    return response
