"""Settings, Sending: who writes, when not, how often at most, through which mail server."""
from flask import Blueprint, current_app, flash, redirect, request, url_for

from app.kit.clock import now
from app.kit.crypto import CannotOpen
from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills
from app.spine.sockets import CHANNELS

from ..models import MailServer
from ..models.template import CHANNEL_NAMES
from ..sending import wake
from ..settings import CHANNELS as OWN
from ..settings import CONSENT, Sending

bp = Blueprint("sending", __name__, url_prefix="/settings/sending")
fills("settings.page", 30, label="Sending", icon="send", permission="settings.read")("sending.show")


@bp.get("")
@policy("settings.read")
def show():
    return shown(Sending.of())


def shown(sending, errors=None, status=200):
    return page("messages/sending.html", status=status, sending=sending, errors=errors or {}, consents=CONSENT,
                channels={name: CHANNEL_NAMES[name] for name in OWN}, own_server=own_server(),
                environment=bool(current_app.config["SMTP_URL"]))


def own_server() -> str:
    """How the account's own mail server stands: "", "open", or "shut" when what is kept cannot be opened."""
    try:
        return "open" if MailServer.url() else ""
    except CannotOpen:
        return "shut"


@bp.post("")
@policy("settings.write")
def save():
    sending, errors, url = read()
    if errors:
        return shown(sending, errors, 422)
    sending.keep()
    if url or request.form.get("forget_server"):
        MailServer.keep(url)
    if not sending.paused:
        wake(now())
    db.session.commit()
    flash("Saved.")
    return redirect(url_for(".show"), 303)


def read():
    """(settings, field -> what is wrong, the mail server's address if one was typed)."""
    form = request.form
    sending = Sending(
        **{name: form.get(name, "").strip() for name in ("sender_name", "sender", "quiet_start", "quiet_end",
                                                         "postal_address", "default_channel", "consent")},
        **{name: _whole(form.get(name)) for name in ("cap_day", "cap_week")},
        **{name: name in form for name in ("track_opens", "paused")},
        channels=[name for name in OWN if name in form.getlist("channels")])
    errors, url = sending.problems(), form.get("server", "").strip()
    if url:
        try:
            CHANNELS["email"]({"url": url})
        except ValueError as error:
            errors["server"] = str(error)
    return sending, errors, url


def _whole(text):
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text
