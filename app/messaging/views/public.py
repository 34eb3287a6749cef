"""Doors for whoever got a message: tracked links, the open picture, unsubscribe. The token is the proof."""
import base64

from flask import Blueprint, abort, current_app, redirect, request, url_for
from sqlalchemy import select

from app.accounts import current_account
from app.kit.pages import page
from app.spine.db import across_accounts, db, serve
from app.spine.policy import SIGNED, policy

from ..models import Link, Message
from ..tracking import clicked, opened
from ..unsubscribing import TOPICS, resubscribe, unsubscribe

bp = Blueprint("letters", __name__)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def owner_of(model, token: str):
    """The row with this token, its account being served from here on; 404 for none."""
    with across_accounts():
        row = db.session.scalar(select(model).where(model.token == token)) or abort(404)
        account_id = row.account_id
    serve(account_id)
    return row


@bp.get("/t/c/<token>")
@policy(SIGNED)
def click(token):
    link = owner_of(Link, token)
    url = link.url
    clicked(link, request.user_agent.string, request.method)
    db.session.commit()
    return redirect(url, 302)


@bp.get("/t/o/<token>.gif")
@policy(SIGNED)
def pixel(token):
    message = owner_of(Message, token)
    opened(message, request.user_agent.string, request.method)
    db.session.commit()
    return current_app.response_class(GIF, mimetype="image/gif", headers={
        "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"})


click._writes = pixel._writes = True


@bp.get("/u/<token>")
@policy(SIGNED)
def stop(token):
    """Only asks: mail scanners follow every link."""
    return shown("unsubscribe/show.html", owner_of(Message, token))


@bp.post("/u/<token>")
@policy(SIGNED)
def stopped(token):
    """Stops, at once and without cookies: a person's button or a mail program's one click (RFC 8058)."""
    message = owner_of(Message, token)
    everything = request.form.get("scope") == "everything"
    topic = unsubscribe(message, everything)
    db.session.commit()
    if request.form.get("List-Unsubscribe"):
        return "", 200
    return shown("unsubscribe/done.html", message, topic=topic)


@bp.post("/u/<token>/undo")
@policy(SIGNED)
def undo(token):
    message = owner_of(Message, token)
    topic = request.form.get("topic", "")
    if topic not in TOPICS:
        abort(422, "Choose what you want to get again.")
    resubscribe(message, topic)
    db.session.commit()
    return shown("unsubscribe/back.html", message, topic=topic)


def shown(template, message, **data):
    account = current_account()
    return page(template, creator={"name": account.name}, message=message, topics=TOPICS,
                here=url_for(".stop", token=message.token), **data)
