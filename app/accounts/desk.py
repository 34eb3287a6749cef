"""Who is at the desk: for each request the user or token, the account served, and what they may do."""
from datetime import timedelta
from urllib.parse import quote, urlsplit

import structlog
from flask import abort, after_this_request, current_app, g, redirect, request, session, url_for
from sqlalchemy import update

from app.kit.clock import real_now
from app.kit.pages import redirect_to
from app.spine import failures
from app.spine.db import db, serve
from app.spine.policy import SIGNED, SIGNED_IN, asks_for_proof, check_policy, policy_of
from app.spine.slots import filled

from . import audit
from .mail import can_mail
from .roles import may
from .sign_in import ApiToken, SignIn

FRESH, QUIET = timedelta(minutes=10), timedelta(minutes=5)
log = structlog.get_logger("desk")


def init(app) -> None:
    app.before_request(seat)
    app.before_request(guard)
    app.context_processor(for_templates)


def seat():
    """Find out who asks. API requests by bearer token only, pages by the session cookie only."""
    g.user = g.account = g.token = g.role = g.sign_in = None
    if request.endpoint in (None, "static") or policy_of(request.endpoint) == SIGNED:
        return None
    if request.path.startswith("/api/"):
        return by_token()
    if "sid" in session:
        by_session()
    return None


def by_session() -> None:
    held = SignIn.of(session.get("sid"))
    if held is None:
        session.pop("sid", None)
        return
    g.sign_in, g.user = held, held.user
    mine = held.user.seat_at(held.account_id) or next(iter(held.user.seats), None)
    if mine is not None:
        g.account, g.role = mine.account, mine.role
        serve(mine.account_id)
    if request.method not in ("GET", "HEAD") or getattr(current_app.view_functions[request.endpoint], "_writes", False):
        db.session.info["actor"] = {"id": g.user.public_id, "name": g.user.name or g.user.email}
    note_use(SignIn.seen_at, held.id, held.seen_at)


def by_token():
    """Who holds the token in the header; one in the address is refused, for addresses stay in histories and logs."""
    if any(value.startswith("ra_live_") for value in request.args.values()):
        return failures.make_failure(400, "Never put a token into an address. Revoke this one, make another, and send "
                                          "it as Authorization: Bearer <token>.")
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    if "sid" in session:
        return failures.make_failure(400, "Send either a token or a cookie, not both.")
    held = ApiToken.of(secret.strip())
    if held is None:
        log.warning("token.refused")
        return None
    g.token, g.account, g.role = held, held.account, held.role
    serve(held.account_id)
    db.session.info["actor"] = {"id": held.public_id, "name": held.name or "API token"}
    if note_use(ApiToken.used_at, held.id, held.used_at):
        log.info("token.used", actor=held.public_id, account=held.account.public_id)
    return None


def note_use(column, row_id: int, before) -> bool:
    """Write down that a session or token is in use, every few minutes and once the answer is on its way.

    Looking at pages counts as use, and a GET neither writes nor waits for those who do.
    """
    if before is not None and real_now() - before < QUIET:
        return False
    app = current_app._get_current_object()

    def write():
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(update(column.class_).where(column.class_.id == row_id).values({column: real_now()}))

    @after_this_request
    def later(response):
        response.call_on_close(write)
        return response
    return True


def guard():
    return check_policy(allowed) or prove()


def prove():
    """The way to the page that asks who you are once more; None where that is not asked, or known well enough."""
    if g.user is None or not asks_for_proof() or fresh():
        return None
    stood = urlsplit(request.headers.get("Referer", ""))
    here = request.full_path if request.method == "GET" else f"{stood.path}?{stood.query}"
    return redirect_to(url_for("sign_in.confirm", next=safe_next(here.rstrip("?"))))


def allowed(needed: str):
    """None when fine; else an answer: sign in first, or 403."""
    if g.user is None and g.token is None:
        if request.path.startswith("/api/"):
            return failures.make_failure(401, "Send a valid token: Authorization: Bearer <token>.")
        here = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(url_for("sign_in.show") + f"?next={quote(here)}", 303)
    if needed == SIGNED_IN:
        return None
    if g.account is None:
        abort(403, "You have no seat at any account. Ask an owner to invite you.")
    if not may(g.role, needed):
        if request.method not in ("GET", "HEAD"):
            audit.note(db.session, "denied", request.endpoint or "", after={"needs": needed})
            db.session.commit()
        abort(403)
    return None


def can(permission: str) -> bool:
    """For templates and views: whether whoever asks may."""
    return may(g.get("role"), permission)


def fresh() -> bool:
    """Whether the user proved who they are within the last ten minutes.

    On a bare machine without a mail server, somebody without a password could only prove it at the terminal they
    started us from: they are not asked.
    """
    bare = current_app.config["APP_ENV"] == "local" and not can_mail() and not g.user.password_hash
    return g.sign_in is not None and (bare or real_now() - g.sign_in.proved_at < FRESH)


def safe_next(target: str | None) -> str:
    """An own path to go on to, or the start page."""
    target = target or "/"
    plain = all(" " < letter and letter != "\\" for letter in target)
    parts = urlsplit(target) if plain else None
    if not plain or not target.startswith("/") or target[1:2] == "/" or parts.scheme or parts.netloc:
        return "/"
    return target


def for_templates() -> dict:
    """What every layout reads (templates/layouts)."""
    return {"account": g.get("account"), "user": g.get("user"), "can": can, "menu": menu(), "seats": my_seats(),
            "adds": [traits for endpoint, traits in filled("add") if _open(endpoint, traits)],
            "settings_tabs": settings_tabs}


def _open(endpoint, traits) -> bool:
    """Whether the room of a menu line exists and the role may enter; fills in the line's address."""
    if g.get("account") is None or endpoint not in current_app.view_functions or not can(traits["permission"]):
        return False
    traits["href"] = url_for(endpoint)
    return True


def my_seats() -> list[dict]:
    user = g.get("user")
    return [] if user is None else [{"name": seat.account.name, "id": seat.account.public_id,
                                     "current": seat.account_id == getattr(g.account, "id", None)}
                                    for seat in user.seats]


def settings_tabs() -> list[dict]:
    return [{"label": t["label"], "href": t["href"], "current": request.path == t["href"]}
            for e, t in filled("settings.page") if _open(e, t)]


def menu() -> list[dict]:
    """The sidebar: groups of entries whose room exists and which the role may see."""
    groups: dict[str, list] = {}
    for endpoint, traits in filled("menu"):
        if _open(endpoint, traits):
            href = traits["href"]
            groups.setdefault(traits["group"], []).append({
                "label": traits["label"], "icon": traits["icon"], "href": href, "count": _count(traits),
                "current": request.path == href or (href != "/" and request.path.startswith(href.rstrip("/") + "/"))})
    return [{"label": label if label != "foot" else "", "items": items, "foot": label == "foot"}
            for label, items in groups.items()]


def _count(traits):
    return traits["count"]() if traits.get("count") else None
