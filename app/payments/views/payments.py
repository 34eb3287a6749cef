"""The list of payments and one payment with its attempts."""
from flask import Blueprint, abort, request, url_for
from markupsafe import Markup
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.kit.clock import now
from app.kit.pages import page
from app.kit.paging import BadCursor, keyset
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import filled, menu_entry

from ..models import RECOVERY, Payment
from ..words import DRESS, KINDS, badge, failure, story

bp = Blueprint("payments", __name__, url_prefix="/payments")
menu_entry("Money", "Payments", "credit-card", "payments.index", "payments.read", order=600)
RECOVERED = Payment.failed_at < Payment.paid_at
WORDS = {"payment_badge": badge, "payment_failure": failure, "payment_kinds": KINDS}
TABS = {"all": ("All", None), "open": ("Failed, open", None), "lost": ("Not paid", None),
        "recovered": ("Recovered", RECOVERED), "refunded": ("Refunded", Payment.refunded > 0),
        "disputed": ("Disputed", Payment.status == "disputed")}


@bp.app_context_processor
def words() -> dict:
    """What templates say about payments, on whatever page."""
    return WORDS


@bp.get("")
@policy("payments.read")
def index():
    tab = request.args.get("tab") if request.args.get("tab") in TABS else "all"
    words = request.args.get("q", "").strip()[:200]
    found = matching(words)
    wanted = found if tab == "all" else found.where(criteria()[tab])
    try:
        rows = keyset(db.session, wanted, Payment.opened_at, Payment.id, descending=True,
                      cursor=request.args.get("cursor"))
    except BadCursor as error:
        abort(400, str(error))

    def here(**more):
        return url_for(".index", **{name: value for name, value in {
            "tab": tab if tab != "all" else None, "q": words or None, **more}.items() if value})
    counts = counted(found)
    tabs = [{"label": label, "count": counts[name], "current": name == tab,
             "href": here(tab=name if name != "all" else None)} for name, (label, _) in TABS.items()]
    return page("payments/index.html", part="payments/_rows.html", found=rows, tabs=tabs, tab=tab, words=words,
                here=here)


def matching(words: str):
    """Payments of the people, or with the id, that the words name."""
    found = select(Payment).options(joinedload(Payment.person), joinedload(Payment.plan))
    if words:
        people = Person.search(words).with_only_columns(Person.id)
        found = found.where(or_(Payment.person_id.in_(people), Payment.external_id == words))
    return found


def counted(found) -> dict[str, int]:
    """How many stand behind each tab."""
    narrowed = criteria()
    columns = [func.count(Payment.id).filter(narrowed[name]) if name in narrowed else func.count(Payment.id)
               for name in TABS]
    return dict(zip(TABS, db.session.execute(found.with_only_columns(*columns)).one(), strict=True))


def criteria() -> dict:
    """What each tab but the first asks of a payment; a failed one is open for 30 days, then it counts as not paid."""
    failed, edge = Payment.status.in_(("failed", "requires_action")), now() - RECOVERY
    young = func.coalesce(Payment.failed_at, Payment.opened_at) > edge
    return {**{name: asked for name, (_, asked) in TABS.items() if asked is not None},
            "open": and_(failed, young), "lost": and_(failed, ~young)}


@bp.get("/<public_id>")
@policy("payments.read")
def show(public_id):
    payment = Payment.find_or_404(public_id)
    panels = [(traits.get("title"), Markup(html)) for fill, traits in filled("payment.panel")  # noqa: S704 - ours
              if (html := fill(payment))]
    return page("payments/show.html", payment=payment, story=story(payment), panels=panels, facts=facts(payment))


def facts(payment: Payment) -> list[tuple]:
    """What is known about it, as pairs."""
    known = [("Amount", DRESS.money(payment.amount, payment.currency)),
             ("In your currency", DRESS.money(payment.account_amount) if payment.account_amount is not None
              and payment.currency.upper() != DRESS.currency else None),
             ("Given back", DRESS.money(payment.refunded, payment.currency) if payment.refunded else None),
             ("Kind", KINDS.get(payment.kind)), ("Card", payment.card), ("Tries", payment.attempts_count or None),
             ("Next try", DRESS.moment(payment.next_attempt_at) if payment.next_attempt_at and payment.open_failure
              else None), ("From", payment.source.capitalize()), ("Its id there", payment.external_id)]
    return [(name, value) for name, value in known if value]
