"""Settings, Connections: what is connected and how it is; test, change the secret, disconnect."""
from dataclasses import replace

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from sqlalchemy import func, select

from app.kit.clock import real_now
from app.kit.http import on_the_internet
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills
from app.spine.sockets import SOURCES
from app.spine.sources import Trouble

from ..models import Connection, Delivery
from ..sync import Discrepancy, Sync
from ..sync.jobs import hook_up
from .connecting import wrong
from .syncs import BADGES

bp = Blueprint("connections", __name__, url_prefix="/settings/connections")
fills("settings.page", 30, label="Connections", icon="plug", permission="connections.read")("connections.index")


@bp.get("")
@policy("connections.read")
def index():
    mine = db.session.scalars(select(Connection).where(Connection.state == "on").order_by(Connection.id)).all()
    waiting = db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == "waiting"))
    return page("connections/index.html", mine=mine, waiting=waiting, sources=SOURCES,
                synced=Sync.latest_of([one.id for one in mine]),
                last=max((one.last_delivery_at for one in mine if one.last_delivery_at), default=None))


@bp.get("/<connection_id>")
@policy("connections.read")
def show(connection_id):
    return detail(Connection.find_or_404(connection_id))


def detail(one, errors=None, status=200):
    counts = dict(db.session.execute(select(Delivery.state, func.count()).where(Delivery.connection_id == one.id)
                                     .group_by(Delivery.state)).all())
    found = db.session.scalar(select(func.count()).select_from(Discrepancy).where(Discrepancy.connection_id == one.id))
    return page("connections/show.html", one=one, brand=SOURCES[one.source], counts=counts, errors=errors or {},
                address=current_app.config["PUBLIC_URL"] + one.webhook_path, status=status, sync=Sync.latest(one),
                badges=BADGES, found=found, reachable=on_the_internet(current_app.config["PUBLIC_URL"]),
                accounts=session.get("source_accounts", {}).get(one.public_id, ()))


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
        go_on(one)
        hook_up.later(one.id, key=f"hook:{one.id}")
    open_ = {setting.name for setting in vendor.settings if not setting.secret} & set(request.form)
    one.keep(**{name: value for name, value in given.items() if value or name in open_})
    db.session.commit()
    flash("Saved. The signing secret before this one stays valid for 24 hours." if secret else "Saved.")
    return redirect(url_for(".show", connection_id=one.public_id), 303)


def go_on(one: Connection) -> None:
    """What stopped because the key was refused goes on with the new one."""
    sync = Sync.latest(one)
    if sync is not None and sync.state == "paused":
        sync.go_on()


@bp.post("/<connection_id>/test")
@policy("connections.write")
def test(connection_id):
    """Ask the vendor, between two transactions."""
    one = Connection.find_or_404(connection_id)
    public_id, vendor, asked = one.public_id, one.vendor, one.apart()
    db.session.rollback()
    outcome = vendor.check(asked)
    grants = vendor.grants(replace(asked, external_account=asked.external_account or outcome.account_ref)) if (
        outcome.ok) else {}
    one = Connection.find_or_404(public_id)
    one.tried(outcome, real_now())
    if outcome.ok:
        one.grants = grants
        go_on(one)
    db.session.commit()
    flash(outcome.words)
    return redirect(url_for(".show", connection_id=public_id), 303)


@bp.post("/<connection_id>/disconnection")
@policy("connections.write")
def disconnect(connection_id):
    """The webhook we made goes as well, if the key still works; that is asked between two transactions."""
    one = Connection.find_or_404(connection_id)
    public_id, held, vendor, ref = one.public_id, one.apart(), one.vendor, one.webhook_ref
    db.session.rollback()
    left = unhooked(vendor, held, ref) if ref else None
    one = Connection.find_or_404(public_id)
    sync = Sync.latest(one)
    if sync is not None:
        sync.stop("The connection was removed.")
    one.disconnect()
    db.session.commit()
    flash(left or f"{one.name} is disconnected and its credentials are forgotten. What came before stays.")
    return redirect(url_for(".index"), 303)


def unhooked(vendor, held, ref: str) -> str | None:
    """Words for people when the webhook could not be taken away."""
    try:
        vendor.unhook(held, ref)
    except (Trouble, LookupError):
        return f"{vendor.label} did not let us remove its webhook. Remove it there by hand."
    return None
