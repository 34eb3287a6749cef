"""Closing the account, and keeping it after all."""
from flask import flash, g, redirect, request, url_for

from app.accounts.closing import close, keep, last_day
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy

from .settings import bp


@bp.get("/closing")
@policy("billing.write")
def closing():
    return page("accounts/closing.html", errors={})


@bp.post("/closing")
@policy("billing.write", fresh=True)
def begin_closing():
    if request.form.get("name", "").strip() != g.account.name:
        return page("accounts/closing.html", status=422, errors={"name": "Write the name as it stands above."})
    day = close(g.account)
    db.session.commit()
    flash(f"The account closes on {day:%d %B %Y}. Until then you can keep it.")
    return redirect(url_for(".index"), 303)


@bp.post("/closing/removal")
@policy("billing.write")
def keep_account():
    keep(g.account)
    db.session.commit()
    flash("The account stays.")
    return redirect(url_for(".index"), 303)


@bp.app_context_processor
def leaving() -> dict:
    """For the line on top of every screen."""
    return {"closes": last_day(g.get("account"))}
