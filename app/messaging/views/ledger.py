"""The ledger: every message, why it is where it is, and what a human may do about it."""
from flask import Blueprint, abort, g, request, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from app.kit.clock import now
from app.kit.dress import plural
from app.kit.pages import page, redirect_to, toast
from app.kit.paging import BadCursor, keyset
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import menu_entry

from ..balance import balance
from ..letters import write
from ..markdown import without_links
from ..models import Message, MessageEvent
from ..models.message import WrongState
from ..models.template import CHANNEL_NAMES
from ..sending import wake
from ..variables import Missing
from ..words import TRAITS

bp = Blueprint("messages", __name__, url_prefix="/messages")
menu_entry("Act", "Messages", "mail", "messages.index", "messages.read", order=420)
MOST = 1000
TABS = {"all": ("All", None), "waiting": ("Waiting", ("draft", "queued", "claimed", "attempting")),
        "held": ("Held", ("held",)), "unclear": ("Unclear", ("unclear",)),
        "failed": ("Failed", ("failed", "bounced", "complained")), "sent": ("Sent", ("sent", "delivered")),
        "skipped": ("Not sent", ("skipped", "canceled"))}


@bp.get("")
@policy("messages.read")
def index():
    tab = request.args.get("tab") if request.args.get("tab") in TABS else "all"
    query, chips = filtered(select(Message).options(joinedload(Message.person), joinedload(Message.template)))
    if TABS[tab][1]:
        query = query.where(Message.state.in_(TABS[tab][1]))
    books = balance(filtered(select(Message))[0])
    tabs = [{"label": words, "href": _href(tab=name), "current": name == tab,
             "count": sum(books[state] for state in states) if states else books["candidates"]}
            for name, (words, states) in TABS.items()]
    return page("messages/index.html", part="messages/_rows.html", tabs=tabs, tab=tab, chips=chips, books=books,
                found=listed(query), channels=CHANNEL_NAMES, href=_href, **TRAITS)


@bp.get("/outbox")
@policy("messages.read")
def outbox():
    taken = select(Message).options(joinedload(Message.person)).where(
        or_(Message.channel == "sandbox", Message.provider_id.startswith("sandbox:")),
        Message.attempted_at.is_not(None))
    return page("messages/outbox.html", part="messages/_rows.html", found=listed(taken), href=_href, tab="all",
                chips=[], **TRAITS)


def listed(query):
    try:
        return keyset(db.session, query, Message.created_at, Message.id, descending=True,
                      cursor=request.args.get("cursor"))
    except BadCursor as error:
        abort(404, str(error))


def filtered(query):
    """The query narrowed by what the address asks, and a chip for each such filter."""
    args, chips = request.args, []
    if args.get("person"):
        person = Person.find_or_404(args["person"])
        query = query.where(Message.person_id == person.id)
        chips.append({"label": "Person", "value": person.label, "remove": _href(person=None)})
    if args.get("playbook"):
        query = query.where(or_(Message.automation_ref == args["playbook"], Message.playbook == args["playbook"]))
        name = db.session.scalar(query.with_only_columns(Message.playbook).limit(1)) or args["playbook"]
        chips.append({"label": "Playbook", "value": name, "remove": _href(playbook=None)})
    if args.get("channel") in CHANNEL_NAMES:
        query = query.where(Message.channel == args["channel"])
        chips.append({"label": "Channel", "value": CHANNEL_NAMES[args["channel"]], "remove": _href(channel=None)})
    return query, chips


def _href(**changes) -> str:
    kept = {name: request.args.get(name) for name in ("tab", "person", "playbook", "channel")}
    return url_for(request.endpoint, **{name: value for name, value in {**kept, **changes}.items() if value})


@bp.get("/<message_id>")
@policy("messages.read")
def show(message_id):
    return shown(Message.find_or_404(message_id))


def shown(message, status=200):
    return page("messages/show.html", status=status, message=message, life=life(message), preview=preview(message),
                **TRAITS)


def preview(message):
    """(subject, html) as it went out, or as it would go out now; a sentence when it cannot."""
    if message.body_text:
        return {"subject": message.subject, "html": without_links(message.body_html)}
    if message.template is None:
        return {"trouble": "Its template was deleted."}
    subject, body = message.template.words(message.template_version)
    try:
        words = write(subject, body, message.person, None, message.variables)
    except Missing as missing:
        return {"trouble": f"There is nothing to put for {missing.name}. It would not be sent like this."}
    return {"subject": words.subject, "html": without_links(words.html), "planned": True}


def life(message) -> list[dict]:
    """What happened to it, newest first, for a timeline."""
    steps = [(message.created_at, "plus", "", f"Made{f' by {message.playbook}' if message.playbook else ''}"),
             (message.released_at, "play", "info", "Released by hand"),
             (message.attempted_at, "send", "info", f"Handed over, try {message.attempt}"),
             (message.sent_at, "circle-check", "good", "Accepted for delivery")]
    machine = " by a machine, not counted"
    steps += [(row.at, _icon(row.kind), "", row.kind.capitalize() + (machine if row.machine else ""))
              for row in db.session.scalars(select(MessageEvent).where(MessageEvent.message_id == message.id)
                                            .order_by(MessageEvent.at).limit(100))]
    if message.state == "queued" and message.due_at > now():
        steps.append((message.due_at, "clock", "", "Due"))
    return [{"at": at, "icon": icon, "tone": tone, "what": what}
            for at, icon, tone, what in sorted((s for s in steps if s[0]), key=lambda s: s[0], reverse=True)]


def _icon(kind: str) -> str:
    return {"opened": "eye", "clicked": "link", "delivered": "check"}.get(kind, "circle-alert")


@bp.post("/<message_id>/cancellation")
@policy("messages.write")
def cancel(message_id):
    message = Message.find_or_404(message_id)
    if not message.cancel("canceled", by_whom()):
        abort(409, "It is too late: the message is on its way or was decided already.")
    return _done(message, "Canceled. It will not be sent.")


def by_whom() -> str:
    return f"Canceled by {g.user.name or g.user.email}."


@bp.post("/<message_id>/release")
@policy("messages.write")
def release(message_id):
    message = Message.find_or_404(message_id)
    try:
        message.release()
    except WrongState as error:
        abort(409, str(error))
    wake(now())
    return _done(message, "Released. It goes out now, if nothing else stops it.")


@bp.post("/held")
@policy("messages.write")
def decide():
    """Release or cancel everything that is held, as after a day without a worker."""
    how = request.form.get("how")
    if how not in ("release", "cancel"):
        abort(422, "Choose whether to release or to cancel them.")
    held = db.session.scalars(select(Message).where(Message.state == "held").order_by(Message.id).limit(MOST)).all()
    for message in held:
        message.release() if how == "release" else message.cancel("canceled", by_whom())
    wake(now())
    db.session.commit()
    done = "released" if how == "release" else "canceled"
    return toast(redirect_to(url_for(".index")), f"{plural(len(held), 'message', 'messages')} {done}.")


@bp.post("/<message_id>/resolution")
@policy("messages.write")
def resolve(message_id):
    message, how = Message.find_or_404(message_id), request.form.get("how", "")
    if how not in ("resend", "sent", "failed"):
        abort(422, "Choose whether to send it again, or to mark it as sent or failed.")
    try:
        message.resolve(how)
    except WrongState as error:
        abort(409, str(error))
    if how == "resend":
        wake(now())
    return _done(message, "It goes out again." if how == "resend" else f"Marked as {how}.")


def _done(message, words):
    db.session.commit()
    return toast(redirect_to(url_for(".show", message_id=message.public_id)), words)
