"""Letters of the house itself: sign-in links and invitations, through the installation's own SMTP server."""
import structlog
from flask import current_app, render_template, url_for
from sqlalchemy import select

from app.kit.clock import real_now
from app.spine.db import db
from app.spine.jobs import GiveUp, job
from app.spine.sockets import CHANNELS, Parcel

from .models import User
from .sign_in import SignInLink

log = structlog.get_logger("mail")


def can_mail() -> bool:
    return bool(current_app.config["SMTP_URL"])


@job(queue="outside")
def post_link(link_id: int, subject: str, template: str, data: dict) -> None:
    """Mail a one-time link. Its secret is made here, so that it stands in the letter and nowhere else.

    A stranger who asked for one gets no letter; whoever asks from outside cannot tell, the job is left either way.
    """
    held = db.session.get(SignInLink, link_id)
    if held is None or held.used_at or held.expires_at < real_now():
        return
    known = db.session.scalar(select(User.id).where(User.email == held.email, User.disabled_at.is_(None)))
    if held.role is None and known is None:
        return
    to, address = held.email, address_of(held.renew())
    db.session.commit()
    post(to, subject, template, {**data, "link": address})


def address_of(secret: str) -> str:
    """Where a link with this secret opens."""
    with current_app.test_request_context(base_url=current_app.config["PUBLIC_URL"]):
        return current_app.config["PUBLIC_URL"] + url_for("sign_in.open_link", secret=secret)


def post(to: str, subject: str, template: str, data: dict) -> None:
    """Render `mail/<template>.txt` and send it; raises to be tried again, gives up on a refused address."""
    parcel = Parcel(key=f"system:{subject}:{to}", to=to, subject=subject,
                    text=render_template(f"mail/{template}.txt", **data))
    receipt = CHANNELS["email"]({"url": current_app.config["SMTP_URL"],
                                 "sender": current_app.config["SMTP_FROM"]}).deliver(parcel)
    if receipt.kind == "failed":
        raise GiveUp(receipt.reason)
    if receipt.kind == "retry":
        raise RuntimeError(receipt.reason)
    log.info("mail.sent", template=template, how=receipt.kind)
