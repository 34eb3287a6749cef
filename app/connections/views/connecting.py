"""Connecting: a key that is tried before anything is kept, or signing in at the source."""
from datetime import timedelta

from flask import Blueprint, abort, current_app, flash, g, redirect, request, session, url_for
from sqlalchemy import select

from app.kit.clock import parse_time, real_now
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.sockets import SOURCES
from app.spine.sources import Away, Busy, Denied, Trouble

from ..envelope import Tried
from ..models import Connection
from ..models.connection import Apart
from ..sync import Sync
from ..sync.jobs import hook_up

bp = Blueprint("connecting", __name__, url_prefix="/settings/connections")
PATIENCE = timedelta(minutes=15)


@bp.get("/new/<source>")
@policy("connections.write")
def new(source):
    return form(source)


def form(source, errors=None, values=None, status=200):
    if source not in SOURCES:
        return redirect(url_for("connections.index"), 303)
    brand = SOURCES[source]
    return page("connections/new.html", source=source, brand=brand, errors=errors or {}, values=values or {},
                oauth=brand.oauth is not None and brand.oauth.ready(), status=status)


@bp.post("/new/<source>")
@policy("connections.write", fresh=True)
def add(source):
    if source not in SOURCES:
        return form(source)
    brand = SOURCES[source]
    given = {setting.name: request.form.get(setting.name, "").strip() for setting in brand.settings}
    errors, tried, grants = wrong(brand, given), None, {}
    if not errors and given.get("api_key"):
        tried, grants = introduce(brand, given)
        unsure = isinstance(tried.trouble, Away | Busy)        # their outage is no reason to type it all again
        errors = {} if tried.ok or unsure else {"api_key": tried.words}
    if errors:
        shown = {setting.name: given[setting.name] for setting in brand.settings if not setting.secret}
        return form(source, errors, shown, 422)
    made = Connection.add(source, g.account.id, request.form.get("name", ""), **given)
    made.added_by_id, made.grants = g.user.id if g.user else None, grants
    if tried:
        made.tried(tried, real_now())
        start(made)
    db.session.commit()
    flash(f"{made.name} is connected. " + ("Reading everything it holds now." if tried and tried.ok else
                                           tried.words if tried else "Its first event will show here."))
    return redirect(url_for("connections.show", connection_id=made.public_id), 303)


def wrong(brand, given, needed=True) -> dict:
    """Errors by setting: what is missing or too long to be a secret."""
    found = {}
    for setting in brand.settings:
        value = given.get(setting.name, "")
        if needed and setting.required and not value and not setting.secret:
            found[setting.name] = f"{setting.label} is needed."
        if len(value) > 500 or any(letter.isspace() for letter in value):
            found[setting.name] = f"{setting.label} has spaces in it or is too long. Copy it again."
    return found


def introduce(brand, given: dict) -> tuple[Tried, dict]:
    """Whose key this is and what it may do, asked between two transactions."""
    db.session.rollback()
    held = {name: value for name, value in given.items() if value}
    tried = brand().check(Apart(brand.name, given.get("external_account") or None, held))
    known = Apart(brand.name, given.get("external_account") or tried.account_ref, held)
    return tried, brand().grants(known) if tried.ok else {}


def start(connection: Connection) -> None:
    """Webhooks, and the first reading."""
    hook_up.later(connection.id, key=f"hook:{connection.id}")
    Sync.begin(connection)


@bp.get("/new/<source>/sign-in")
@policy("connections.write", fresh=True)
def sign_in(source):
    """To the source's own page; what has to come back with the answer waits in the session."""
    oauth = SOURCES[source].oauth if source in SOURCES else None
    if oauth is None or not oauth.ready():
        return redirect(url_for("connections.index"), 303)
    address, kept = oauth.begin(back_address(source))
    session["source_sign_in"] = {**kept, "source": source, "at": real_now().isoformat()}
    return redirect(address, 303)


def back_address(source: str) -> str:
    return current_app.config["PUBLIC_URL"] + url_for("connecting.back", source=source)


@bp.get("/sign-in/<source>")
@policy("connections.write")
def back(source):
    """Back from the source with a code, once, within a quarter of an hour, in the browser that left."""
    kept = session.pop("source_sign_in", None) or {}
    code, state = request.args.get("code"), request.args.get("state")
    late = not kept or parse_time(kept["at"]) < real_now() - PATIENCE
    if late or kept["source"] != source or state != kept["state"] or not code:
        flash("That sign-in was not finished. Start it again.")       # the address may hold anybody's words
        return redirect(url_for(".new", source=source), 303)
    brand = SOURCES[source]
    db.session.rollback()
    try:
        tokens = brand.oauth.finish(code, back_address(source), kept)
        accounts = brand().accounts(Apart(source, None, {"api_key": tokens.access}))
        if not accounts:
            raise Denied(f"There is no account that you may read at {brand.label}.")
    except Trouble as trouble:
        flash(str(trouble))
        return redirect(url_for(".new", source=source), 303)
    return settle(source, tokens, accounts)


back._writes = True                      # the code is good once, and only now


def settle(source, tokens, accounts):
    """Keep the tokens: on the connection there is for that account, else on a new one."""
    known = {one.external_account: one for one in db.session.scalars(select(Connection).where(
        Connection.source == source, Connection.state == "on"))}
    one = next((known[ref] for ref, _name in accounts if ref in known), None) or Connection.add(source, g.account.id)
    one.sign(tokens)
    one.well()
    one.added_by_id = one.added_by_id or (g.user.id if g.user else None)
    if one.external_account is None and len(accounts) > 1:
        session["source_accounts"] = {one.public_id: accounts}
    else:
        one.external_account = one.external_account or accounts[0][0]
        start(one)
    db.session.commit()
    flash(f"{one.name} is connected.")
    return redirect(url_for("connections.show", connection_id=one.public_id), 303)


@bp.post("/<connection_id>/account")
@policy("connections.write")
def choose(connection_id):
    """Which of the accounts of whoever signed in this is."""
    one = Connection.find_or_404(connection_id)
    offered = dict(session.get("source_accounts", {}).get(one.public_id, ()))
    if request.form.get("account") not in offered:
        abort(422, "Choose one of the accounts.")
    session.pop("source_accounts")
    one.external_account = request.form["account"]
    start(one)
    db.session.commit()
    flash(f"Reading {offered[one.external_account]} now.")
    return redirect(url_for("connections.show", connection_id=one.public_id), 303)
