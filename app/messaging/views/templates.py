"""Templates: the list, the editor with a live preview, checks and a test to oneself."""
from flask import Blueprint, g, request, url_for
from sqlalchemy import func, select

from app.kit.clock import now
from app.kit.pages import page, redirect_to, toast
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy

from ..carriers import NoCarrier, carrier, vendor
from ..lint import lint
from ..markdown import without_links
from ..models import CATEGORIES, BadTemplate, Message, Template
from ..models.template import CHANNEL_NAMES
from ..previews import anybody, readers, send_test, shown_as
from ..settings import Sending
from ..variables import VARIABLES

bp = Blueprint("templates", __name__, url_prefix="/messages/templates")
FIELDS = ("name", "category", "channel", "subject", "body")


@bp.get("")
@policy("messages.read")
def index():
    counts = (select(Message.template_id, func.count(Message.sent_at).label("sent"),
                     func.count(Message.opened_at).label("opened"), func.count(Message.clicked_at).label("clicked"))
              .where(Message.is_test.is_(False)).group_by(Message.template_id).subquery())
    rows = db.session.execute(select(Template, counts.c.sent, counts.c.opened, counts.c.clicked).outerjoin(
        counts, counts.c.template_id == Template.id).where(Template.archived_at.is_(None)).order_by(
            func.lower(Template.name), Template.id)).all()
    return page("message_templates/index.html", rows=rows, categories=CATEGORIES, channels=CHANNEL_NAMES)


@bp.get("/new")
@policy("messages.write")
def new():
    return form({"name": "", "category": "lifecycle", "channel": Sending.of().default_channel, "subject": "",
                 "body": "Hi {{first_name|there}},\n\n"})


@bp.get("/<template_id>")
@policy("messages.read")
def show(template_id):
    template = Template.find_or_404(template_id)
    return form({name: getattr(template, name) for name in FIELDS}, template)


@bp.post("")
@policy("messages.write")
def create():
    words, errors = given()
    if errors:
        return form(words, errors=errors, status=422)
    template = Template(**words)
    db.session.add(template)
    db.session.commit()
    return toast(redirect_to(url_for(".show", template_id=template.public_id)), "Saved.")


@bp.post("/<template_id>")
@policy("messages.write")
def save(template_id):
    template = Template.find_or_404(template_id)
    words, errors = given()
    if errors:
        return form(words, template, errors, 422)
    revised = template.revise(**words)
    db.session.commit()
    said = f"Saved as version {template.version}. Messages already planned keep their words." if revised else "Saved."
    return toast(redirect_to(url_for(".show", template_id=template.public_id)), said)


@bp.post("/preview")
@policy("messages.read")
def preview():
    """The words in the form as somebody would read them; nothing is saved."""
    words, errors = given()
    template = Template.find(request.form.get("template", ""))
    return form(words, template, errors, part="message_templates/_preview.html")


@bp.post("/<template_id>/tests")
@policy("messages.write")
def test(template_id):
    template = Template.find_or_404(template_id)
    here = redirect_to(url_for(".show", template_id=template.public_id))
    try:
        carrier("email")
    except NoCarrier as error:
        return toast(here, str(error))
    send_test.later(template.public_id, request.form.get("as") or "nobody", g.user.public_id)
    db.session.commit()
    if vendor("email") == "sandbox":
        return toast(here, "The sandbox takes the test: this account sends nothing outside.")
    return toast(here, f"A test is on its way to {g.user.email}.")


@bp.post("/<template_id>/archive")
@policy("messages.write")
def archive(template_id):
    template = Template.find_or_404(template_id)
    template.archived_at = None if template.archived_at else now()
    db.session.commit()
    undo = url_for(".archive", template_id=template.public_id)
    words = "Put away. Playbooks that use it go on sending it." if template.archived_at else "Back in the list."
    return toast(redirect_to(url_for(".index")), words, undo=undo)


def given() -> tuple[dict, dict]:
    """The form's words, and field -> what is wrong with it."""
    words = {name: request.form.get(name, "") for name in FIELDS}
    errors = {}
    for name in FIELDS:
        try:
            setattr(Template(), name, words[name])
        except BadTemplate as error:
            errors[name] = str(error)
    if not words["name"].strip():
        errors["name"] = "Give it a name; only your team sees it."
    if not words["body"].strip():
        errors["body"] = "Write what the message says."
    if words["category"] == "transactional" and ("{{discount" in words["body"] or "{{offer_link" in words["body"]):
        errors["category"] = "A service message may not carry an offer. Make it a promotion, or take the offer out."
    return words, errors


def form(words: dict, template=None, errors=None, status=200, part=None):
    """The editor with its preview and checks."""
    errors, people = errors or {}, readers()
    chosen = Person.find(request.values.get("as", "")) or next(iter(people), None)
    broken = {name: errors[name] for name in ("subject", "body") if name in errors}
    seen, lacking, remarks = None, [], []
    if not broken:
        read, lacking = shown_as(words["subject"], words["body"], chosen or anybody())
        seen = {"subject": read.subject, "html": without_links(read.html), "text": read.text}
        remarks = lint(Template(**{k: v for k, v in words.items() if k not in errors}))
    return page("message_templates/form.html", part=part, status=status, words=words, saved=template, errors=errors,
                people=people, chosen=chosen, seen=seen, lacking=lacking, broken=broken, remarks=remarks,
                variables=VARIABLES, categories=CATEGORIES, channels=CHANNEL_NAMES, sending=Sending.of(),
                letterhead=Sending.of().letterhead())
