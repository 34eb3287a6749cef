"""Settings, Attribution: how many days after a message a payment still counts for it."""
from flask import Blueprint, flash, redirect, request, url_for

from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from ..windows import MOST, change_window, window

bp = Blueprint("attribution", __name__, url_prefix="/settings/attribution")
fills("settings.page", 50, label="Attribution", icon="chart-line", permission="settings.read")("attribution.show")


@bp.get("")
@policy("settings.read")
def show():
    return shown(window().days)


def shown(days, errors=None):
    return page("revenue/attribution.html", status=422 if errors else 200, days=days, most=MOST, errors=errors or {})


@bp.post("")
@policy("settings.write")
def save():
    typed = request.form.get("window_days", "").strip()
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:4]) <= MOST):
        return shown(typed, {"window_days": f"Choose a whole number of days from 1 to {MOST}."})
    change_window(int(typed))
    db.session.commit()
    flash("Saved.")
    return redirect(url_for(".show"), 303)
