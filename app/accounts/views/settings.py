"""Settings of the account and of the user: general, security, tokens."""
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, abort, flash, g, redirect, request, session, url_for
from sqlalchemy import select

from app.accounts.roles import ROLES, role_words
from app.accounts.sign_in import ApiToken, SignIn, set_password
from app.kit.clock import real_now
from app.kit.money import BadMoney, currency
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import SIGNED_IN, policy
from app.spine.slots import fills, menu_entry

bp = Blueprint("settings", __name__, url_prefix="/settings")
menu_entry("foot", "Settings", "settings", "settings.index", "settings.read", order=900)
fills("settings.page", 10, label="General", icon="settings", permission="settings.read")("settings.index")
fills("settings.page", 60, label="API tokens", icon="key", permission="tokens.read")("settings.tokens")
fills("settings.page", 70, label="Audit trail", icon="history", permission="audit.read")("settings.audits")
fills("settings.page", 90, label="Your sign-in", icon="shield", permission="people.read")("settings.security")


@bp.get("")
@policy("settings.read")
def index():
    return page("accounts/general.html", zones=sorted(available_timezones()))


@bp.post("")
@policy("settings.write")
def save():
    form, errors = request.form, {}
    name = form.get("name", "").strip()
    if not 1 <= len(name) <= 80:
        errors["name"] = "Give the account a name of at most 80 characters."
    try:
        ZoneInfo(form.get("timezone", "") or "?")
    except (KeyError, ValueError, OSError):
        errors["timezone"] = "Choose a time zone from the list."
    try:
        code = currency(form.get("currency", ""))
    except BadMoney:
        errors["currency"] = "Write a three-letter code such as USD."
    if errors:
        return page("accounts/general.html", status=422, errors=errors, form=form,
                    zones=sorted(available_timezones()))
    g.account.name, g.account.timezone, g.account.currency = name, form["timezone"], code
    db.session.commit()
    flash("Saved.")
    return redirect(url_for(".index"), 303)


@bp.get("/security")
@policy(SIGNED_IN)
def security():
    return show_security()


def show_security(status=200, **more):
    return page("accounts/security.html", status=status, devices=db.session.scalars(
        select(SignIn).where(SignIn.user_id == g.user.id).order_by(SignIn.seen_at.desc())).all(), **more)


@bp.post("/security/password")
@policy(SIGNED_IN, fresh=True)
def password():
    try:
        set_password(g.user, request.form.get("password", ""))
    except ValueError as error:
        return show_security(422, errors={"password": str(error)})
    for other in db.session.scalars(select(SignIn).where(SignIn.user_id == g.user.id, SignIn.id != g.sign_in.id)):
        db.session.delete(other)
    session["sid"] = g.sign_in.renew()
    db.session.commit()
    flash("Your password is set. Other devices are signed out.")
    return redirect(url_for(".security"), 303)


@bp.get("/tokens")
@policy("tokens.read")
def tokens():
    return show_tokens()


def show_tokens(status=200, **more):
    rows = db.session.scalars(select(ApiToken).where(
        ApiToken.account_id == g.account.id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())).all()
    return page("accounts/tokens.html", status=status, tokens=rows, roles=ROLES, role_words=role_words,
                **more)


@bp.post("/tokens")
@policy("tokens.write", fresh=True)
def make_token():
    name, role = request.form.get("name", "").strip(), request.form.get("role", "")
    if not name or role not in ROLES:
        wrong = {"role": "Choose a role."} if name else {"name": "Say what the token is for."}
        return show_tokens(422, errors=wrong)
    if role == "company_owner" and g.role != "company_owner":
        abort(403, "Only an owner can make a token with an owner's rights.")
    _, secret = ApiToken.make(g.account, role, name[:80])
    db.session.commit()
    return show_tokens(secret=secret)


@bp.post("/tokens/<token_id>/removal")
@policy("tokens.write")
def revoke_token(token_id):
    row = db.session.scalar(select(ApiToken).where(
        ApiToken.account_id == g.account.id, ApiToken.public_id == token_id)) or abort(404)
    row.revoked_at = real_now()
    db.session.commit()
    flash("The token no longer works.")
    return redirect(url_for(".tokens"), 303)
