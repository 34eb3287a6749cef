"""Signing in and out: by link, by password, and everywhere at once."""
import secrets
from datetime import timedelta

from flask import Blueprint, abort, flash, g, redirect, request, session, url_for
from sqlalchemy import delete, select

from app.accounts import audit, mail
from app.accounts.desk import safe_next
from app.accounts.limits import allow, tally, wait
from app.accounts.models import User
from app.accounts.sign_in import SignIn, SignInLink, by_password
from app.kit.clock import real_now
from app.kit.pages import page
from app.spine.db import db, serve
from app.spine.policy import PUBLIC, SIGNED_IN, policy

bp = Blueprint("sign_in", __name__)
HOUR = timedelta(hours=1)


def too_many(email: str) -> bool:
    """Whether this address or this caller has tried too often."""
    per_caller = allow("sign-in ip", request.remote_addr or "", 20, HOUR)
    per_address = allow("sign-in", email, 10, HOUR)
    if not (per_caller and per_address):
        tally("sign-in failed")
    db.session.commit()
    return not (per_caller and per_address)


def failed() -> None:
    """Count a wrong password or code, for the page of what is going on."""
    tally("sign-in failed")
    db.session.commit()


def enter(user: User) -> None:
    """A new session for this browser; whatever it was before is forgotten."""
    old = session.get("sid")
    session.clear()
    if old and (held := SignIn.of(old)):
        db.session.delete(held)
    session["sid"] = SignIn.begin(user, request.user_agent.string or "", request.remote_addr or "")
    db.session.info["actor"] = {"id": user.public_id, "name": user.name or user.email}
    for seat in user.seats[:1]:
        serve(seat.account_id)
        audit.note(db.session, "login", "users", user.public_id)
    db.session.commit()


@bp.get("/sign-in")
@policy(PUBLIC)
def show():
    if g.user:
        return redirect(safe_next(request.args.get("next")), 303)
    return page("sign_in/show.html", next=safe_next(request.args.get("next")), by_mail=mail.can_mail())


@bp.post("/sign-in")
@policy(PUBLIC)
def password():
    email, target = request.form.get("email", ""), safe_next(request.form.get("next"))
    if too_many(email):
        wait("Too many tries for this address. Wait an hour, or ask for a sign-in link.", HOUR)
    user = by_password(email, request.form.get("password", ""))
    if user is None:
        failed()
        return page("sign_in/show.html", status=422, next=target, email=email, by_mail=mail.can_mail(),
                    error="This email and password do not belong together.")
    enter(user)
    return redirect(target, 303)


@bp.post("/sign-in/links")
@policy(PUBLIC)
def ask_link():
    """Mail a link. The answer is the same whether or not the address is known."""
    email = request.form.get("email", "").strip().lower()
    if too_many(email) or not allow("link", email, 10, HOUR):
        wait("Too many links for this address. Wait an hour.", HOUR)
    session["browser"] = session.get("browser") or secrets.token_urlsafe(16)
    session["after"] = safe_next(request.form.get("next"))
    link, code = SignInLink.ask(email, browser=session["browser"])
    db.session.flush()
    if mail.can_mail():
        mail.post_link.later(link.id, "Your sign-in link", "sign_in", {}, account=None)
    db.session.commit()
    return page("sign_in/sent.html", email=email, code=code)


@bp.get("/sign-in/links/<secret>")
@policy(PUBLIC)
def open_link(secret):
    """Show the button; mail scanners open links, so only the POST spends them."""
    link = SignInLink.live(secret)
    if link and (elsewhere := of_somebody_else(link)):
        return elsewhere
    return page("sign_in/link.html", status=200 if link else 410, link=link, secret=secret,
                ask_code=bool(link and not link.opens_in(session.get("browser"))))


@bp.post("/sign-in/links/<secret>")
@policy(PUBLIC)
def use_link(secret):
    link = SignInLink.live(secret)
    if link and (elsewhere := of_somebody_else(link)):
        return elsewhere
    user = link and link.use(session.get("browser"), request.form.get("code", ""))
    taken = user and link.role and user == g.user         # an invitation, by the one it is for
    if taken:
        g.sign_in.account_id = link.account_id
    db.session.commit()
    if taken:
        return redirect("/", 303)
    if user:
        target = safe_next(session.get("after"))
        enter(user)
        return redirect(target, 303)
    if link:
        failed()
    link = SignInLink.live(secret)
    return page("sign_in/link.html", status=422 if link else 410, link=link, secret=secret,
                ask_code=bool(link and not link.opens_in(session.get("browser"))),
                error="These are not the six digits the other browser shows.")


def of_somebody_else(link: SignInLink):
    """Where an invitation of somebody who has been here before leads, until they are signed in; None for others.

    It gives a seat, never an identity: whoever invites may see its address.
    """
    known = db.session.scalar(select(User).where(User.email == link.email)) if link.role else None
    if known is None or known == g.user:
        return None
    if g.user:
        abort(409, f"This invitation is for {link.email}. Sign out, sign in as them and open it again.")
    return redirect(url_for(".show", next=request.path), 303)


@bp.get("/sign-in/confirmation")
@policy(SIGNED_IN)
def confirm():
    """Somebody signed in proves once more who they are, before what cannot be taken back."""
    return page("sign_in/confirm.html", next=safe_next(request.args.get("next")), by_mail=mail.can_mail())


@bp.post("/sign-in/confirmation")
@policy(SIGNED_IN)
def confirmed():
    target = safe_next(request.form.get("next"))
    if too_many(g.user.email):
        wait("Too many tries. Wait an hour, or sign in by a link.", HOUR)
    if by_password(g.user.email, request.form.get("password", "")) is None:
        failed()
        return page("sign_in/confirm.html", status=422, next=target, by_mail=mail.can_mail(),
                    error="This is not your password.")
    g.sign_in.proved_at = real_now()
    session["sid"] = g.sign_in.renew()
    db.session.commit()
    return redirect(target, 303)


@bp.post("/sign-out")
@policy(SIGNED_IN)
def sign_out():
    db.session.delete(g.sign_in)
    db.session.commit()
    session.clear()
    flash("You are signed out.")
    return redirect(url_for("sign_in.show"), 303)


@bp.post("/sign-out/everywhere")
@policy(SIGNED_IN)
def sign_out_everywhere():
    db.session.execute(delete(SignIn).where(SignIn.user_id == g.user.id))
    db.session.commit()
    session.clear()
    flash("You are signed out on every device.")
    return redirect(url_for("sign_in.show"), 303)


@bp.post("/seats/<account_id>")
@policy(SIGNED_IN)
def change_seat(account_id):
    """Serve another of the user's accounts from now on."""
    seat = next((seat for seat in g.user.seats if seat.account.public_id == account_id), None) or abort(404)
    g.sign_in.account_id = seat.account_id
    session["sid"] = g.sign_in.renew()
    db.session.commit()
    return redirect("/", 303)
