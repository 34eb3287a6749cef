"""The team: who has a seat, invitations, roles."""
from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, abort, flash, g, redirect, request, url_for
from sqlalchemy import delete, select

from app.accounts import audit, mail
from app.accounts.limits import allow, wait
from app.accounts.models import Seat, User
from app.accounts.roles import ROLES, role_words
from app.accounts.sign_in import INVITE_LIFE, SignIn, SignInLink
from app.kit.clock import real_now
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

bp = Blueprint("team", __name__, url_prefix="/settings/team")
fills("settings.page", 20, label="Team", icon="users", permission="team.read")("team.index")


def seats() -> list[Seat]:
    return db.session.scalars(select(Seat).where(Seat.account_id == g.account.id).order_by(Seat.id)).all()


def invitations() -> list[SignInLink]:
    return db.session.scalars(select(SignInLink).where(
        SignInLink.account_id == g.account.id, SignInLink.used_at.is_(None), SignInLink.role.is_not(None),
        SignInLink.expires_at > real_now()).order_by(SignInLink.id.desc())).all()


def show(status=200, **more):
    return page("accounts/team.html", status=status, seats=seats(), invitations=invitations(), roles=ROLES,
                role_words=role_words, **more)


@bp.get("")
@policy("team.read")
def index():
    return show()


@bp.post("/invitations")
@policy("team.write", fresh=True)
def invite():
    email, role = request.form.get("email", ""), request.form.get("role", "")
    try:
        email = validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return show(422, errors={"email": "This is not an email address."}, email=email)
    if role not in ROLES:
        return show(422, errors={"role": "Choose a role."}, email=email)
    if g.role != "company_owner" and role == "company_owner":
        abort(403, "Only an owner can invite another owner.")
    if not allow("invite", g.account.public_id, 20, INVITE_LIFE / 7):
        wait("Twenty invitations a day are the limit. Try again tomorrow.", INVITE_LIFE / 7)
    known = db.session.scalar(select(User).where(User.email == email))
    if known and known.seat_at(g.account.id):
        return show(422, errors={"email": "This person has a seat already."}, email=email)
    invitation, _ = SignInLink.ask(email, life=INVITE_LIFE, account_id=g.account.id, role=role)
    db.session.flush()
    link = None
    if mail.can_mail():
        mail.post_link.later(invitation.id, f"Join {g.account.name} on RevenueAngel", "invitation", {
            "inviter": g.user.name or g.user.email, "account": g.account.name, "role": role_words(role)})
        flash(f"Invitation sent to {email}.")
    else:
        link = mail.address_of(invitation.renew())
    audit.note(db.session, "invite", "seats", invitation.email, after={"role": role})
    db.session.commit()
    return show(link=link, invited=email)


@bp.post("/invitations/removal")
@policy("team.write")
def withdraw():
    """Take back every invitation of somebody that waits; a letter that is still to go out finds nothing to carry."""
    email = request.form.get("email", "").strip().lower()
    waiting = [one for one in invitations() if one.email == email]
    if not waiting:
        abort(404)
    if g.role != "company_owner" and any(one.role == "company_owner" for one in waiting):
        abort(403, "Only an owner can withdraw the invitation of an owner.")
    for one in waiting:
        db.session.delete(one)
    audit.note(db.session, "withdraw", "seats", email)
    db.session.commit()
    flash(f"The invitation of {email} no longer works.")
    return redirect(url_for(".index"), 303)


@bp.post("/seats/<user_id>")
@policy("team.write", fresh=True)
def change_role(user_id):
    seat, role = _seat(user_id), request.form.get("role", "")
    if role not in ROLES:
        abort(422, "Choose a role.")
    if "company_owner" in (role, seat.role) and g.role != "company_owner":
        abort(403, "Only an owner can make or unmake owners.")
    if seat.role == "company_owner" and role != "company_owner":
        _keep_an_owner()
    seat.role = role
    _sign_out(seat)
    db.session.commit()
    flash(f"{seat.user.email} is now {role_words(role).lower()}.")
    return redirect(url_for(".index"), 303)


@bp.post("/seats/<user_id>/removal")
@policy("team.write", fresh=True)
def remove(user_id):
    seat = _seat(user_id)
    if seat.role == "company_owner":
        if g.role != "company_owner":
            abort(403, "Only an owner can remove an owner.")
        _keep_an_owner()
    _sign_out(seat)
    email = seat.user.email
    db.session.delete(seat)
    db.session.commit()
    flash(f"{email} no longer has a seat here.")
    return redirect(url_for(".index"), 303)


def _seat(user_id) -> Seat:
    return db.session.scalar(select(Seat).join(User).where(
        Seat.account_id == g.account.id, User.public_id == user_id)) or abort(404)


def _keep_an_owner() -> None:
    if sum(seat.role == "company_owner" for seat in seats()) < 2:
        abort(422, "An account needs an owner. Make somebody else owner first.")


def _sign_out(seat: Seat) -> None:
    db.session.execute(delete(SignIn).where(SignIn.user_id == seat.user_id, SignIn.account_id == g.account.id,
                                            SignIn.id != g.sign_in.id))
