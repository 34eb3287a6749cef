"""Letters of the house itself: sign-in links and invitations, through the installation's own SMTP server."""
import structlog
from flask import current_app, render_template

from app.spine.jobs import GiveUp, job
from app.spine.sockets import CHANNELS, Parcel

log = structlog.get_logger("mail")


def can_mail() -> bool:
    return bool(current_app.config["SMTP_URL"])


@job(queue="outside")
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
