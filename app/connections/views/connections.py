"""Settings, Connections: what is connected, how to connect, test, change the secret, disconnect."""
from flask import Blueprint, current_app, flash, g, redirect, request, url_for
from sqlalchemy import func, select

from app.kit.clock import real_now
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills
from app.spine.sockets import SOURCES

from ..models import Connection, Delivery
from ..sync import Sync

bp = Blueprint("connections", __name__, url_prefix="/settings/connections")
fills("settings.page", 30, label="Connections", icon="plug", permission="connections.read")("connections.index")


@bp.get("")
@policy("connections.read")
def index():
    mine = db.session.scalars(select(Connection).where(Connection.state == "on").order_by(Connection.id)).all()
    waiting = db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "waiting"))
    return page("connections/index.html", mine=mine, waiting=waiting, sources=SOURCES,
                last=max((one.last_delivery_at for one in mine if one.last_delivery_at), default=None))


@bp.get("/new/<source>")
@policy("connections.write")
def new(source):
    return form(source)


def form(source, errors=None, values=None, status=200):
    vendor = SOURCES[source] if source in SOURCES else None
    if vendor is None:
        return redirect(url_for(".index"), 303)
    return page("connections/new.html", source=source, brand=vendor, errors=errors or {}, values=values or {},
                status=status)


@bp.post("/new/<source>")
@policy("connections.write", fresh=True)
def add(source):
    if source not in SOURCES:
        return form(source)
    vendor = SOURCES[source]
    given = {setting.name: request.form.get(setting.name, "").strip() for setting in vendor.settings}
    errors = wrong(vendor, given)
    if errors:
        shown = {setting.name: given[setting.name] for setting in vendor.settings if not setting.secret}
        return form(source, errors, shown, 422)
    made = Connection.add(source, g.account.id, request.form.get("name", ""), **given)
    made.added_by_id = g.user.id if g.user else None
    db.session.commit()
    flash(f"{made.name} is connected. Its first event will show here.")
    return redirect(url_for(".show", connection_id=made.public_id), 303)


def wrong(vendor, given, needed=True) -> dict:
    """Errors by setting: what is missing or too long to be a secret."""
    found = {}
    for setting in vendor.settings:
        value = given.get(setting.name, "")
        if needed and setting.required and not value and not setting.secret:
            found[setting.name] = f"{setting.label} is needed."
        if len(value) > 500 or any(letter.isspace() for letter in value):
            found[setting.name] = f"{setting.label} has spaces in it or is too long. Copy it again."
    return found


@bp.get("/<connection_id>")
@policy("connections.read")
def show(connection_id):
    return detail(Connection.find_or_404(connection_id))


def detail(one, errors=None, status=200):
    counts = dict(db.session.execute(select(Delivery.state, func.count()).where(Delivery.connection_id == one.id)
                                     .group_by(Delivery.state)).all())
    return page("connections/show.html", one=one, brand=SOURCES[one.source], counts=counts, errors=errors or {},
                address=current_app.config["PUBLIC_URL"] + one.webhook_path, status=status)


@bp.post("/<connection_id>")
@policy("connections.write", fresh=True)
def save(connection_id):
    """Name and settings. An empty secret keeps what is there; a new signing secret overlaps with the old."""
    one = Connection.find_or_404(connection_id)
    vendor = SOURCES[one.source]
    given = {setting.name: request.form.get(setting.name, "").strip() for setting in vendor.settings}
    errors = wrong(vendor, given, needed=False)
    if errors:
        return detail(one, errors, 422)
    one.name = request.form.get("name", "").strip()[:80] or one.name
    one.external_account = given.pop("external_account", None)
    secret = given.pop("webhook_secret", "")
    if secret:
        one.rotate_secret(secret)
    if given.get("api_key"):
        one.well()
        again = Sync.latest(one)
        if again is not None and again.state == "paused":
            again.go_on()
    open_ = {setting.name for setting in vendor.settings if not setting.secret} & set(request.form)
    one.keep(**{name: value for name, value in given.items() if value or name in open_})
    db.session.commit()
    flash("Saved. The signing secret before this one stays valid for 24 hours." if secret else "Saved.")
    return redirect(url_for(".show", connection_id=one.public_id), 303)


@bp.post("/<connection_id>/test")
@policy("connections.write")
def test(connection_id):
    """Ask the vendor, between two transactions."""
    one = Connection.find_or_404(connection_id)
    public_id, vendor, asked = one.public_id, one.vendor, one.apart()
    db.session.rollback()
    outcome = vendor.check(asked)
    Connection.find_or_404(public_id).tried(outcome, real_now())
    db.session.commit()
    flash(outcome.words)
    return redirect(url_for(".show", connection_id=public_id), 303)


@bp.post("/<connection_id>/disconnection")
@policy("connections.write")
def disconnect(connection_id):
    one = Connection.find_or_404(connection_id)
    one.disconnect()
    db.session.commit()
    flash(f"{one.name} is disconnected and its credentials are forgotten. What came before stays.")
    return redirect(url_for(".index"), 303)
